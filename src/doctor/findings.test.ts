import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findingKinds } from "./findings.ts";

const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");

test("docs/doctor.md lists every finding, and no other, in order and with its severity", () => {
  const documented = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (error|warning|info)/gm)];
  expect(documented.map(([, id, severity]) => `${id} ${severity}`)).toEqual(
    Object.entries(findingKinds).map(([id, { severity }]) => `${id} ${severity}`),
  );
});

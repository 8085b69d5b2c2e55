import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectConfig } from "./inspect.ts";

const docs = join(import.meta.dirname, "../../docs");
/** models.yaml, which benchmark reads. */
const isModels = (yaml: string): boolean => yaml.startsWith("models:");
const parts = globSync("*.md", { cwd: docs }).flatMap((file) => {
  const page = readFileSync(join(docs, file), "utf8");
  return [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
    .map(([, yaml = ""], i) => ({ place: `${file}, block ${i + 1}`, yaml }))
    .filter(({ yaml }) => !isModels(yaml));
});

test("there are examples to try", () => {
  expect(parts.map(({ place }) => place)).toContain("embedding-servers.md, block 2");
});

test.each(parts)("$place is part of a configuration that loads, without doubts", ({ yaml }) => {
  const variables = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => [name, "x"]);
  const whole = /^default_model:/m.test(yaml) ? yaml : `default_model: m\n${yaml}`;
  const { problems, warnings } = inspectConfig(whole, Object.fromEntries(variables));
  expect(problems).toEqual([]);
  // A part has no decisions.
  expect(warnings.filter(({ path }) => path !== "")).toEqual([]);
});

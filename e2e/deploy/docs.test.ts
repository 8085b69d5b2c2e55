import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findHelm, isThere, root, run } from "./programs.ts";

const page = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
const helm = findHelm();
const kubectl = isThere("kubectl");
if (!kubectl) console.warn("SKIPPED: docs/kubernetes.md's commands; kubectl is not here");

test("docs/kubernetes.md has commands", () => {
  expect(blocks.length).toBeGreaterThan(3);
});

describe.skipIf(helm === undefined || !kubectl)("docs/kubernetes.md", () => {
  test.each(blocks)("%s", (block) => {
    // By the name that people type.
    const folder = mkdtempSync(join(tmpdir(), "signalbox-path-"));
    try {
      symlinkSync(helm as string, join(folder, "helm"));
      const path = [folder, process.env["PATH"]].join(delimiter);
      const { status, stdout, stderr } = run("sh", ["-ec", `PATH='${path}'\n${block}`]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).not.toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

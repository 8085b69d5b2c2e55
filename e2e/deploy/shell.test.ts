import { describe, expect, test } from "vitest";
import { dryRun } from "../drivers/kind/cluster.ts";
import { isThere, outputOf, run } from "./programs.ts";

const here = isThere("shellcheck");
if (!here) console.warn("SKIPPED: shellcheck is not here (Debian: apt-get install shellcheck)");

describe.skipIf(!here)("shellcheck", () => {
  const scripts = outputOf("git", ["ls-files", "*.sh", "bin/signalbox", ".ci/run"]);

  test.each(scripts.trim().split("\n"))("%s", (script) => {
    expect(run("shellcheck", ["--external-sources", script])).toMatchObject({
      status: 0,
      stdout: "",
    });
  });

  test("the kind driver's commands", () => {
    const { status, stdout } = run("shellcheck", ["--shell=sh", "-"], dryRun());
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });
});

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifestsOf } from "./manifests.ts";
import { findHelm, findKustomize, outputOf, root, run } from "./programs.ts";
import { renderChart } from "./render-chart.ts";

const helm = findHelm();
const kustomize = findKustomize();
const attached = ["gateway.name=signalbox", "config.default_model=small-model"];

/** What signalbox doctor finds in gateway-resources/ with the chart's policy in the place of theirs. */
function findings(set: readonly string[]): readonly { id: string; severity: string }[] {
  const [program, ...args] = kustomize as [string, ...string[]];
  const resources = manifestsOf(
    outputOf(program, [...args, join(root, "gateway-resources/overlays/ai-gateway")]),
  ).filter(({ kind }) => kind !== "EnvoyExtensionPolicy");
  const { stdout, stderr } = renderChart(helm as string, { set });
  expect(stderr).toBe("");
  const all = [...resources, ...manifestsOf(stdout)].map((one) => JSON.stringify(one));
  const doctor = run(
    "bin/signalbox",
    ["doctor", "--json", "--manifests", "-"],
    all.join("\n---\n"),
  );
  return JSON.parse(doctor.stdout).findings;
}

describe.skipIf(helm === undefined || kustomize === undefined)(
  "signalbox doctor on the chart",
  () => {
    test.each([
      { mode: "deployment", set: attached },
      { mode: "sidecar", set: [...attached, "mode=sidecar"] },
    ])("$mode: no problem", ({ set }) => {
      const problems = findings(set).filter(({ severity }) => severity !== "info");
      expect(problems).toEqual([]);
    });

    test("without gateway.name nothing asks signalbox, and doctor says so", () => {
      expect(findings([]).map(({ id }) => id)).toContain("no-ext-proc");
    });
  },
);

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { check } from "./commands/check.ts";
import { inspectConfig } from "./config/inspect.ts";
import type { RouterConfig } from "./config/schema.ts";
import { openRouter } from "./open-router.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-open-"));
const places = { configFolder: folder, cwd: folder };
const centroid = (at: number) => Array.from({ length: 1038 }, (_, i) => (i === at ? 1 : 0));
const kmeans = {
  algorithm: "kmeans",
  trained: true,
  num_clusters: 3,
  centroids: [0, 1, 2].map(centroid),
  cluster_models: ["a", "b", "c"],
};
writeFileSync(join(folder, "kmeans_model.json"), JSON.stringify(kmeans));

const config = (first: string, second: string) => `default_model: a
model_selection: { ml: { models_path: ".", trust_unlabelled: true } }
decisions:
  - name: hard
    rules: { operator: OR, conditions: [{ type: domain, name: math }] }
    modelRefs: [${first}]
    algorithm: { type: kmeans }
  - name: rest
    rules: { operator: OR, conditions: [{ type: domain, name: other }] }
    modelRefs: [${second}]
    algorithm: { type: kmeans }
`;

async function warningsOf(text: string): Promise<readonly string[]> {
  const { config: read, problems } = inspectConfig(text, {});
  expect(problems).toEqual([]);
  const { router, warnings } = await openRouter(read as RouterConfig, places);
  await router.embedder.close();
  return warnings;
}

test("a file and modelRefs that name the same models say nothing", async () => {
  expect(
    await warningsOf(config("{ model: a }, { model: b }", "{ model: b }, { model: c }")),
  ).toEqual([]);
});

test("what only one side names is reported when the router opens, and by check", async () => {
  const text = config("{ model: a }, { model: x }", "{ model: a }, { model: y }");
  const want = [
    "decision hard: the kmeans file does not know x, which is therefore never selected",
    "decision rest: the kmeans file does not know y, which is therefore never selected",
    "the kmeans file knows b, c, which no modelRef of its decisions names",
  ];
  const warnings = await warningsOf(text);
  expect(warnings).toEqual(want);
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  const err: string[] = [];
  const code = await check(path, {
    open: async () => warnings,
    out: () => undefined,
    err: (line) => err.push(line),
    env: {},
    cwd: folder,
  });
  expect(code).toBe(0);
  for (const warning of want) expect(err.join("\n")).toContain(warning);
});

test("no candidate that the file knows is an error", async () => {
  const { config: read } = inspectConfig(
    config("{ model: x }, { model: z }", "{ model: a }, { model: b }"),
    {},
  );
  await expect(openRouter(read as RouterConfig, places)).rejects.toMatchObject({
    code: "artifact_incompatible",
    detail: expect.stringContaining("none of its modelRefs x, z is among them"),
  });
});

test("an engine without WebAssembly SIMD is reported", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const { openRouter: openWithout } = await import("./open-router.ts");
  const text = config("{ model: a }, { model: b }", "{ model: b }, { model: c }");
  const { config: read } = inspectConfig(text, {});
  const { router, warnings } = await openWithout(read as RouterConfig, places);
  await router.embedder.close();
  vi.unstubAllGlobals();
  expect(warnings).toEqual([expect.stringContaining("selectors compute in plain TypeScript")]);
});

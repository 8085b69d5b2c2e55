import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { domainNames } from "../domains.ts";
import { type ModelPack, openModelPack } from "../modelpack/open-model-pack.ts";
import { topicRows } from "../modelpack/testing/toy-rows.ts";
import { trainToy } from "../modelpack/testing/train-toy.ts";
import { modelPackDomains } from "./modelpack-domain.ts";
import { taskSignals } from "./modelpack-signals.ts";

// Training takes a second, and several on a machine that is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const domainOf: Readonly<Record<string, string>> = {
  food: "health",
  finance: "business",
  travel: "other",
};
let folder: string;
let pack: ModelPack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-signals-"));
  const domains = topicRows(120, 2, "mmlu_domain").map((row) => ({
    ...row,
    label: domainOf[row.label] ?? "",
  }));
  await trainToy(folder, { train: [...topicRows(120, 1), ...domains] });
  pack = openModelPack(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a task is asked when a condition wants it, once, and says how sure it is", () => {
  const tasks = taskSignals(pack, "which loan has the lowest interest", 0.5);
  expect(tasks.asked()).toEqual([]);
  expect(tasks.find("query_domain", "food")).toBeUndefined();
  expect(tasks.find("query_domain", "finance")).toMatchObject({
    type: "query_domain",
    name: "finance",
  });
  expect(tasks.asked()).toHaveLength(1);
  expect(tasks.asked()[0]?.confidence).toBeGreaterThan(0.5);
});

test("below the threshold no condition holds, and what was asked is still told", () => {
  const tasks = taskSignals(pack, "which loan has the lowest interest", 1);
  expect(tasks.find("query_domain", "finance")).toBeUndefined();
  expect(tasks.asked()).toMatchObject([{ name: "finance" }]);
});

test("a default holds no condition", () => {
  expect(taskSignals(pack, " ", 0).find("query_domain", "general")).toBeUndefined();
  expect(taskSignals(undefined, "loan", 0).find("query_domain", "finance")).toBeUndefined();
});

test("mmlu_domain names all 14 domains, those without rows at 0", () => {
  const classifier = modelPackDomains(pack);
  expect(classifier.revision).toMatch(/^[0-9a-f]{12}$/);
  const domains = classifier.classify("a soup recipe for the oven", new Float32Array(0));
  expect(domains[0]?.name).toBe("health");
  expect(domains.map(({ name }) => name).toSorted()).toEqual([...domainNames]);
  expect(domains.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1);
  const blank = classifier.classify("", new Float32Array(0));
  expect(new Set(blank.map(({ confidence }) => confidence))).toEqual(new Set([1 / 14]));
});

test("a pack without the task is a missing model", () => {
  expect(() => modelPackDomains({ ...pack, labels: new Map() })).toThrow(
    /^\[model_not_found\] .*mmlu_domain/,
  );
});

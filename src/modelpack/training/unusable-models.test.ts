import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openModelPack } from "../open-model-pack.ts";
import { topicRows } from "../testing/toy-rows.ts";
import { trainToy } from "../testing/train-toy.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const rows = { train: topicRows(300, 1) };
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-unusable-"));
  await trainToy(folder, rows);
});
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = () =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")]);

test.each([
  {
    case: "no n-gram is frequent enough",
    settings: { minDf: 1e6, characterMinDf: 1e6 },
    want: /no n-gram of family router .*min_df is 1000000/,
  },
  {
    case: "weights that are no numbers",
    settings: { wordWeight: 1e30 },
    want: /query_domain: with these settings a weight is not a finite number/,
  },
  {
    case: "a step so large that nothing is left",
    settings: { alpha: 1 },
    want: /query_domain: with these settings a weight is not a finite number/,
  },
  {
    case: "a header that cannot be read again",
    settings: { characterGrams: { min: 2, max: 12 } },
    want: /the model of family router could not be opened again: character_grams\.max/,
  },
])("$case: refused, and the model before it stays", async ({ settings, want }) => {
  const before = bytes();
  const training = trainToy(folder, rows, settings);
  await expect(training).rejects.toThrow(want);
  await expect(training).rejects.toMatchObject({ code: "training_data_invalid" });
  expect(bytes()).toEqual(before);
  expect(openModelPack(folder).predict("query_domain", "bank loan").label).toBe("finance");
});

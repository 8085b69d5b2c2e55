import { expect, test } from "vitest";
import { domainNames } from "../domains.ts";
import { meanOf } from "../math/bootstrap.ts";
import { kernelRows } from "../math/kernel-rows.ts";
import { once } from "../math/once.ts";
import { tableShrinkages } from "./category-table.ts";
import { crossValidate, tableOutcome } from "./cross-validate.ts";
import { embedQueries } from "./embed-queries.ts";
import { groupByQuery } from "./examples.ts";
import { fitKmeans } from "./fit-kmeans.ts";
import { fitKnn } from "./fit-knn.ts";
import { fitSvm, normalised } from "./fit-svm.ts";
import { foldsOf } from "./folds.ts";
import { type Search, simplestOf, triedOf } from "./search.ts";
import { comparingStarts, searchKmeans } from "./search-kmeans.ts";
import { searchKnn } from "./search-knn.ts";
import { bestSvm, searchSvm } from "./search-svm.ts";
import { hashEmbedder, madeUpBenchmark } from "./testing/benchmark.ts";
import { trainingSet } from "./training-set.ts";

const records = madeUpBenchmark(120, ["a", "b", "c"]).filter((_, at) => at % 7 !== 0);
const examples = groupByQuery(records);
const vectors = await embedQueries(examples.queries, hashEmbedder(), { batchSize: 50 });
const set = trainingSet(examples, vectors, domainNames, 0.9);
const folds = foldsOf(set.count, 4, 1);
const search: Search = {
  set,
  folds,
  seed: 1,
  products: once(() => kernelRows(normalised(set), set.dimension)),
};

/** What the search says of a setting must be what the serving selector does with it. */
test("knn: searched is served", () => {
  const tried = searchKnn(search);
  expect(tried.length).toBeGreaterThan(3);
  for (const { settings, value } of tried) {
    const figures = crossValidate(set, folds, 1, (part) =>
      fitKnn(part, { ...settings, qualityWeight: 0.9 }),
    );
    expect(figures.quality).toBeCloseTo(value, 10);
  }
});

test("kmeans: searched is served", () => {
  for (const { settings, value } of searchKmeans(search)) {
    const learn = { ...settings, seed: 1, starts: comparingStarts };
    const figures = crossValidate(set, folds, 1, (part) => fitKmeans(part, learn));
    expect(figures.quality).toBeCloseTo(value, 10);
  }
});

test("svm with squared loss: searched is served", () => {
  const tried = searchSvm(search, "linear").filter(
    ({ settings: { settings } }) => settings.loss === "squared",
  );
  for (const { settings, value } of tried) {
    const figures = crossValidate(set, folds, 1, (part) => fitSvm(part, settings.settings));
    expect(figures.quality).toBeCloseTo(value, 10);
  }
});

test("svm with loss mean: searched is served, and it is the category table", () => {
  const tried = searchSvm(search, "linear").filter(
    ({ settings: { settings } }) => settings.loss === "mean",
  );
  expect(tried).toHaveLength(tableShrinkages.length);
  for (const { settings, value } of tried) {
    const figures = crossValidate(set, folds, 1, (part) => fitSvm(part, settings.settings));
    expect(figures.quality).toBeCloseTo(value, 10);
  }
  const best = Math.max(...tried.map(({ value }) => value));
  const table = tableOutcome(set, folds, 1);
  expect(meanOf(table.chosen)).toBeLessThanOrEqual(best + 0.03);
  expect(meanOf(table.chosen)).toBeGreaterThan(best - 0.03);
});

const asTried = <T>(settings: T, chosen: readonly number[]) => triedOf(settings, chosen);
const noise = Array.from({ length: 200 }, (_, at) => (at * 7919) % 2);

test("of families the first that chance may have put behind, and in it the best", () => {
  const simple = asTried("a1", noise);
  const slightly = asTried(
    "b1",
    noise.map((value, at) => (at === 3 ? 1 : value)),
  );
  const clearly = asTried(
    "b2",
    noise.map((value, at) => (at % 4 === 0 ? 1 : value)),
  );
  const family = (name: string) => name[0];
  expect(simplestOf([simple, slightly], family)).toBe(simple);
  expect(simplestOf([simple, slightly, clearly], family)).toBe(clearly);
  expect(simplestOf([slightly, clearly, simple], family)).toBe(clearly);
  expect(simplestOf([simple], family)).toBe(simple);
});

test("an svm that is not above the category table becomes it", () => {
  const mean = asTried(
    { settings: { loss: "mean", kernel: "linear", shrinkage: 0 } } as const,
    noise,
  );
  const machine = (chosen: readonly number[]) =>
    asTried({ settings: { loss: "squared", kernel: "linear", penalty: 1 } } as const, chosen);
  expect(bestSvm([mean, machine(noise)]).settings.settings.loss).toBe("mean");
  const better = noise.map((value, at) => (at === 3 || at === 5 ? 1 : value));
  const worse = noise.map((value, at) => (at < 20 ? 0 : value));
  expect(bestSvm([mean, machine(worse)]).settings.settings.loss).toBe("mean");
  expect(
    bestSvm([mean, machine(better.map((value) => Math.max(value, noise[0] ?? 0)))]).value,
  ).toBe(bestSvm([machine(better)]).value);
  expect(bestSvm([machine(worse)]).settings.settings.loss).toBe("squared");
});

test("what is fixed is not searched", () => {
  expect(new Set(searchKnn(search, 7).map(({ settings }) => settings.k))).toEqual(new Set([7]));
  expect(new Set(searchKmeans(search, 3).map(({ settings }) => settings.clusters))).toEqual(
    new Set([3]),
  );
  for (const { settings } of searchSvm(search, "rbf", 0.3)) {
    expect(settings.settings).toMatchObject({ kernel: "rbf", gamma: 0.3 });
  }
});

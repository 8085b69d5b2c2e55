import { expect, test } from "vitest";
import { domainNames } from "../domains.ts";
import { kernelRows } from "../math/kernel-rows.ts";
import { crossValidate } from "./cross-validate.ts";
import { embedQueries } from "./embed-queries.ts";
import { groupByQuery } from "./examples.ts";
import { fitKmeans } from "./fit-kmeans.ts";
import { fitKnn } from "./fit-knn.ts";
import { fitSvm, normalised } from "./fit-svm.ts";
import { foldsOf } from "./folds.ts";
import type { Search } from "./search.ts";
import { comparingStarts, searchKmeans } from "./search-kmeans.ts";
import { searchKnn } from "./search-knn.ts";
import { searchSvm } from "./search-svm.ts";
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
  products: kernelRows(normalised(set), set.dimension),
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

test("what is fixed is not searched", () => {
  expect(new Set(searchKnn(search, 7).map(({ settings }) => settings.k))).toEqual(new Set([7]));
  expect(new Set(searchKmeans(search, 3).map(({ settings }) => settings.clusters))).toEqual(
    new Set([3]),
  );
  for (const { settings } of searchSvm(search, "rbf", 0.3)) {
    expect(settings.settings).toMatchObject({ kernel: "rbf", gamma: 0.3 });
  }
});

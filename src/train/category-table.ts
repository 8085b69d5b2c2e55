import type { KmeansArtifact } from "../artifact/artifact.ts";
import { domainNames } from "../domains.ts";
import { openSelector } from "../select/open-selector.ts";
import { scoreClusters } from "./fit-kmeans.ts";
import { foldsOf } from "./folds.ts";
import { judge, noOutcome } from "./outcome.ts";
import { bestOf, triedOf } from "./search.ts";
import { meansOf, subset, type TrainingSet } from "./training-set.ts";

export interface CategoryTable {
  readonly artifact: KmeansArtifact;
  readonly shrinkage: number;
}

/** Of equals the first is kept. */
export const tableShrinkages = [10, 0, 30, 100];

/**
 * The best model of each category: what can be had without reading the query. It is a kmeans selector whose clusters
 * are the categories, with the shrinkage that five folds of the training data favour. The rows of `set` are one-hots.
 */
export function fitCategoryTable(set: TrainingSet, seed: number): CategoryTable {
  const folds = foldsOf(set.count, 5, seed);
  if (folds.length === 0) return tableOf(set, tableShrinkages[0] as number);
  const tried = tableShrinkages.map((shrinkage) => {
    const outcome = noOutcome();
    for (const { train, test } of folds) {
      const part = subset(set, train);
      const { select } = openSelector(tableOf(part, shrinkage).artifact);
      judge(subset(set, test), meansOf(part), select, outcome);
    }
    return triedOf(shrinkage, outcome.chosen);
  });
  return tableOf(set, bestOf(tried).settings);
}

/** The same with a given shrinkage. */
export function tableOf(set: TrainingSet, shrinkage: number): CategoryTable {
  const { dimension, rows, count } = set;
  const centroids = new Float64Array(dimension * dimension);
  for (let at = 0; at < dimension; at++) centroids[at * dimension + at] = 1;
  const clusterOf = Int32Array.from({ length: count }, (_, row) =>
    rows.subarray(row * dimension, (row + 1) * dimension).indexOf(1),
  );
  const artifact = scoreClusters(set, { centroids, clusterOf }, { clusters: dimension, shrinkage });
  // Without its own order of categories a file has upstream's.
  const features = {
    ...{ embedder: "none", revision: "none", dimension: 0, pooling: "mean" as const },
    ...{ normalized: false, categories: [...domainNames] },
  };
  return { artifact: { ...artifact, features }, shrinkage };
}

import type { KmeansArtifact } from "../artifact/artifact.ts";
import { domainNames } from "../domains.ts";
import { meanOf } from "../math/bootstrap.ts";
import { openSelector } from "../select/open-selector.ts";
import { scoreClusters } from "../train/fit-kmeans.ts";
import { foldsOf } from "../train/folds.ts";
import { judge, noOutcome } from "../train/outcome.ts";
import { bestOf } from "../train/search.ts";
import { meansOf, subset, type TrainingSet } from "../train/training-set.ts";

export interface CategoryTable {
  readonly artifact: KmeansArtifact;
  readonly shrinkage: number;
}

/** Simplest first: of equals the first is kept. */
const shrinkages = [10, 0, 30, 100];

/**
 * The best model of each category: what can be had without reading the query. It is a kmeans selector whose clusters
 * are the categories, with the shrinkage that five folds of the training data favour. `set` is of `categorySet`.
 */
export function fitCategoryTable(set: TrainingSet, seed: number): CategoryTable {
  const folds = foldsOf(set.count, 5, seed);
  if (folds.length === 0) return tableOf(set, shrinkages[0] as number);
  const tried = shrinkages.map((shrinkage) => {
    const outcome = noOutcome();
    for (const { train, test } of folds) {
      const part = subset(set, train);
      const { select } = openSelector(tableOf(part, shrinkage).artifact);
      judge(subset(set, test), meansOf(part), select, outcome);
    }
    return { settings: shrinkage, value: meanOf(outcome.chosen) };
  });
  return tableOf(set, bestOf(tried).settings);
}

function tableOf(set: TrainingSet, shrinkage: number): CategoryTable {
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

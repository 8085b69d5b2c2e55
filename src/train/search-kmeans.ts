import { openSelector } from "../select/open-selector.ts";
import { cluster, type KmeansSettings, scoreClusters } from "./fit-kmeans.ts";
import { judge, noOutcome } from "./outcome.ts";
import { type Search, type Tried, triedOf } from "./search.ts";
import { meansOf, subset } from "./training-set.ts";

export type KmeansChoice = Pick<KmeansSettings, "clusters" | "shrinkage">;

const clusterCounts = [14, 8, 20, 28, 4];
const shrinkages = [10, 0, 50];

/** One start is enough to compare; the fit that is kept makes ten, and is if anything better. */
export const comparingStarts = 1;

/** Tries numbers of clusters and shrinkages. `clusters` fixes the number. */
export function searchKmeans(
  { set, folds, seed }: Search,
  clusters?: number,
): readonly Tried<KmeansChoice>[] {
  const smallestFold = Math.min(...folds.map(({ train }) => train.length));
  const fitting = clusterCounts.filter((count) => count <= smallestFold);
  const counts = clusters === undefined ? (fitting.length > 0 ? fitting : [1]) : [clusters];
  return counts.flatMap((count) => {
    const outcomes = shrinkages.map(noOutcome);
    for (const { train, test } of folds) {
      const [own, held] = [subset(set, train), subset(set, test)];
      const means = meansOf(own);
      const found = cluster(own, { clusters: count, seed, starts: comparingStarts });
      shrinkages.forEach((shrinkage, at) => {
        const artifact = scoreClusters(own, found, { clusters: count, shrinkage });
        judge(held, means, openSelector(artifact).select, outcomes[at] ?? noOutcome());
      });
    }
    return shrinkages.map((shrinkage, at) =>
      triedOf({ clusters: count, shrinkage }, outcomes[at]?.chosen ?? []),
    );
  });
}

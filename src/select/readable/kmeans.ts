import type { KmeansArtifact } from "../../artifact/artifact.ts";
import { RouterError } from "../../errors.ts";
import { squaredDistances } from "../../math/matrix.ts";
import { smallest } from "../../math/smallest.ts";
import { allowedModels } from "../candidates.ts";
import { checkedQuery, tooFar } from "../query.ts";
import type { Score, Selector } from "../selector.ts";

/**
 * The model of the nearest cluster; of equally near ones the first in the file. Among candidates: the model of the
 * nearest cluster that has one, or, when the file scores every model, the best candidate of the nearest cluster.
 */
export function kmeansSelect(artifact: KmeansArtifact): Selector["select"] {
  const { dimension, centroids, clusterModels, clusterScores, modelNames } = artifact;
  const models = kmeansModels(artifact);

  /** Of every allowed model, by the nearest cluster that selects it. */
  function byDistance(
    order: readonly number[],
    distances: Float64Array,
    allowed: ReadonlySet<string>,
  ): readonly Score[] {
    const scores = new Map<string, number>();
    for (const cluster of order) {
      const model = clusterModels[cluster];
      if (model === undefined || !allowed.has(model) || scores.has(model)) continue;
      scores.set(model, -Math.sqrt(distances[cluster] as number));
    }
    return Array.from(scores, ([model, score]) => ({ model, score }));
  }

  return (x, candidates) => {
    const distances = squaredDistances(centroids, checkedQuery(x, dimension));
    const mayWin = allowedModels(models, candidates);
    const allowed = new Set(models.filter((_, model) => mayWin[model]));
    const order = smallest(distances, distances.length);
    const [nearest] = order;
    if (nearest === undefined) throw tooFar();
    if (!candidates && clusterModels[nearest] === undefined) throw unassigned(nearest);
    const scores = clusterScores
      ? order
          .map((cluster) => scoredBy(cluster, clusterScores, modelNames, clusterModels, allowed))
          .find((found) => found.length > 0)
      : byDistance(order, distances, allowed);
    const [best] = scores ?? [];
    // Only clusters at an overflowing distance have a candidate.
    if (!scores || !best) throw tooFar();
    return { model: best.model, scores };
  };
}

/** The allowed models that a cluster has a score of, best first. */
export function scoredBy(
  cluster: number,
  scores: Float64Array,
  modelNames: readonly string[],
  clusterModels: readonly string[],
  allowed: ReadonlySet<string>,
): readonly Score[] {
  const own = clusterModels[cluster];
  const first = cluster * modelNames.length;
  return modelNames
    .map((model, index) => ({ model, score: scores[first + index] as number }))
    .filter(({ model, score }) => allowed.has(model) && !Number.isNaN(score))
    .sort(
      (a, b) =>
        b.score - a.score ||
        Number(b.model === own) - Number(a.model === own) ||
        (a.model < b.model ? -1 : 1),
    );
}

/** Models of a cluster, then those that are only scored. */
export function kmeansModels(artifact: KmeansArtifact): readonly string[] {
  const { dimension, centroids, clusterModels, clusterScores, modelNames } = artifact;
  const count = dimension === 0 ? 0 : centroids.length / dimension;
  const scored = clusterScores
    ? modelNames.filter((_, model) =>
        clusterScores.some((score, at) => at % modelNames.length === model && !Number.isNaN(score)),
      )
    : [];
  return [...new Set([...clusterModels.slice(0, count), ...scored])];
}

const unassigned = (cluster: number): RouterError =>
  new RouterError(
    "selector_no_candidate",
    `No model is assigned to cluster ${cluster}`,
    "Train the file again: cluster_models needs an entry for every centroid",
  );

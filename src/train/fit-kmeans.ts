import type { KmeansArtifact } from "../artifact/artifact.ts";
import { random } from "../math/random.ts";
import { kmeansPoints } from "./kmeans-points.ts";
import { plusPlus } from "./kmeans-start.ts";
import { type Clustering, lloyd } from "./lloyd.ts";
import { bestModel, meansOf, type TrainingSet } from "./training-set.ts";

export interface KmeansSettings {
  readonly clusters: number;
  /** So many made-up queries of each model's overall mean join those of a cluster. */
  readonly shrinkage: number;
  readonly seed: number;
  /** Runs from other centroids, of which the tightest is kept. */
  readonly starts: number;
}

/**
 * A cluster selects the model of best mean value in it. Upstream sums instead, so there a model wins by answering more
 * queries.
 */
export function fitKmeans(set: TrainingSet, settings: KmeansSettings): KmeansArtifact {
  return scoreClusters(set, cluster(set, settings), settings);
}

/** At most as many clusters as there are queries. */
export function cluster(
  { rows, dimension, count }: TrainingSet,
  { clusters, seed, starts }: Omit<KmeansSettings, "shrinkage">,
): Clustering {
  const next = random(seed);
  const most = Math.min(clusters, count);
  const points = kmeansPoints(rows, dimension, most);
  const runs = Array.from({ length: starts }, () => {
    const chosen = plusPlus(points, most, next);
    return lloyd(points, rowsAt(rows, dimension, chosen));
  });
  return runs.reduce((best, run) => (run.inertia < best.inertia ? run : best));
}

/** Some rows of a table, one after the other. */
export function rowsAt(
  rows: Float32Array,
  dimension: number,
  chosen: readonly number[],
): Float64Array {
  const picked = new Float64Array(chosen.length * dimension);
  chosen.forEach((row, at) => {
    picked.set(rows.subarray(row * dimension, (row + 1) * dimension), at * dimension);
  });
  return picked;
}

export function scoreClusters(
  set: TrainingSet,
  { centroids, clusterOf }: Pick<Clustering, "centroids" | "clusterOf">,
  { clusters, shrinkage }: Pick<KmeansSettings, "clusters" | "shrinkage">,
): KmeansArtifact {
  const { models, values, dimension } = set;
  const means = meansOf(set);
  const width = models.length;
  const held = centroids.length / dimension;
  const sums = new Float64Array(held * width);
  const counts = new Float64Array(held * width);
  values.forEach((value, cell) => {
    if (Number.isNaN(value)) return;
    const at = (clusterOf[Math.floor(cell / width)] as number) * width + (cell % width);
    sums[at]! += value;
    counts[at]!++;
  });
  const scores = sums.map((sum, at) => {
    const weight = (counts[at] as number) + shrinkage;
    const mean = means[at % width] as number;
    return weight > 0 ? (sum + shrinkage * mean) / weight : mean;
  });
  return {
    algorithm: "kmeans",
    trained: held > 0,
    dimension,
    numClusters: clusters,
    // Singles, as everywhere: the JSON is half as long.
    centroids: Float32Array.from(centroids),
    clusterModels: Array.from({ length: held }, (_, at) => {
      const row = scores.subarray(at * width, (at + 1) * width);
      return models[bestModel(row)] as string;
    }),
    modelNames: models,
    clusterScores: scores,
  };
}

import type { Random } from "../math/random.ts";
import { squared } from "./lloyd.ts";

/**
 * Rows to start k-means from: each far from those before it, by chance in proportion to its squared distance (k-means++,
 * Arthur and Vassilvitskii 2007). Greedy as scikit-learn's: of several drawn the one that leaves least distance.
 */
export function plusPlus(
  rows: Float32Array,
  dimension: number,
  clusters: number,
  next: Random,
): Float64Array {
  const count = rows.length / dimension;
  const trials = 2 + Math.floor(Math.log(clusters));
  const centroids = new Float64Array(clusters * dimension);
  const place = (cluster: number, row: number): void => {
    centroids.set(rows.subarray(row * dimension, (row + 1) * dimension), cluster * dimension);
  };
  const first = Math.floor(next() * count);
  place(0, first);
  let nearest = Float64Array.from({ length: count }, (_, row) =>
    squared(rows, row, rows, first, dimension),
  );
  for (let cluster = 1; cluster < clusters; cluster++) {
    let best = { row: first, left: Number.POSITIVE_INFINITY, distances: nearest };
    const total = nearest.reduce((sum, distance) => sum + distance, 0);
    for (let trial = 0; trial < trials; trial++) {
      const row = drawn(nearest, next() * total);
      const distances = nearest.map((distance, other) =>
        Math.min(distance, squared(rows, other, rows, row, dimension)),
      );
      const left = distances.reduce((sum, distance) => sum + distance, 0);
      if (left < best.left) best = { row, left, distances };
    }
    place(cluster, best.row);
    nearest = best.distances;
  }
  return centroids;
}

/** The row at which the running sum of weights passes `mark`. */
function drawn(weights: Float64Array, mark: number): number {
  let sum = 0;
  for (let row = 0; row < weights.length; row++) {
    sum += weights[row] as number;
    if (sum > mark) return row;
  }
  return weights.length - 1;
}

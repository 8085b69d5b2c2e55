import type { Random } from "../math/random.ts";
import { type KmeansPoints, mostPicked } from "./kmeans-points.ts";

/**
 * Rows to start k-means from: each far from those before it, by chance in proportion to its squared distance (k-means++,
 * Arthur and Vassilvitskii 2007). Greedy as scikit-learn's: of several drawn the one that leaves least distance.
 */
export function plusPlus(points: KmeansPoints, clusters: number, next: Random): readonly number[] {
  const { count, distancesTo } = points;
  const trials = Math.min(mostPicked, 2 + Math.floor(Math.log(clusters)));
  const first = Math.floor(next() * count);
  const chosen = [first];
  let [nearest] = distancesTo([first]) as [Float64Array];
  let total = nearest.reduce((sum, distance) => sum + distance, 0);
  while (chosen.length < clusters) {
    const rows = Array.from({ length: trials }, () => drawn(nearest, next() * total));
    let best = { row: first, left: Number.POSITIVE_INFINITY, distances: nearest };
    distancesTo(rows).forEach((distances, trial) => {
      let left = 0;
      for (let row = 0; row < count; row++) {
        const distance = Math.min(distances[row] as number, nearest[row] as number);
        distances[row] = distance;
        left += distance;
      }
      if (left < best.left) best = { row: rows[trial] as number, left, distances };
    });
    chosen.push(best.row);
    nearest = best.distances;
    total = best.left;
  }
  return chosen;
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

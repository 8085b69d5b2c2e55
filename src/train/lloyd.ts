/** Means of groups of rows, and the group of each row. */
export interface Clustering {
  /** Row-major. */
  readonly centroids: Float64Array;
  readonly clusterOf: Int32Array;
  /** Sum of squared distances of the rows to their centroids. */
  readonly inertia: number;
}

/** It converges in a few dozen; scikit-learn's limit too. */
const maxIterations = 300;

/**
 * Lloyd's algorithm from given centroids, until no row changes its cluster. A row's distances are computed only where
 * Hamerly's bounds (2010) leave its cluster in doubt, which changes no result.
 */
export function lloyd(rows: Float32Array, dimension: number, start: Float64Array): Clustering {
  const count = rows.length / dimension;
  const clusters = start.length / dimension;
  const centroids = Float64Array.from(start);
  const clusterOf = new Int32Array(count).fill(-1);
  const upper = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const lower = new Float64Array(count);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const apart = halfNearest(centroids, dimension);
    let changes = 0;
    for (let row = 0; row < count; row++) {
      const own = clusterOf[row] as number;
      const bound = Math.max(own < 0 ? 0 : (apart[own] as number), lower[row] as number);
      if ((upper[row] as number) < bound) continue;
      if (own >= 0) {
        upper[row] = Math.sqrt(squared(rows, row, centroids, own, dimension));
        if ((upper[row] as number) < bound) continue;
      }
      let [nearest, best, second] = [-1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let cluster = 0; cluster < clusters; cluster++) {
        const distance = squared(rows, row, centroids, cluster, dimension);
        if (distance < best) [nearest, second, best] = [cluster, best, distance];
        else if (distance < second) second = distance;
      }
      upper[row] = Math.sqrt(best);
      lower[row] = Math.sqrt(second);
      if (nearest !== own) changes++;
      clusterOf[row] = nearest;
    }
    if (changes === 0) break;
    const moved = moveToMeans(rows, dimension, clusterOf, centroids);
    const most = Math.max(...moved);
    for (let row = 0; row < count; row++) {
      upper[row]! += moved[clusterOf[row] as number] as number;
      lower[row]! -= most;
    }
  }
  let inertia = 0;
  for (let row = 0; row < count; row++) {
    inertia += squared(rows, row, centroids, clusterOf[row] as number, dimension);
  }
  return { centroids, clusterOf, inertia };
}

/** Squared distance of a row to a centroid. Four sums, so that an addition need not wait for the one before it. */
export function squared(
  rows: Float32Array,
  row: number,
  centroids: Float64Array | Float32Array,
  centroid: number,
  dimension: number,
): number {
  const [p, q] = [row * dimension, centroid * dimension];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < dimension; i += 4) {
    const d0 = (rows[p + i] as number) - (centroids[q + i] as number);
    const d1 = (rows[p + i + 1] as number) - (centroids[q + i + 1] as number);
    const d2 = (rows[p + i + 2] as number) - (centroids[q + i + 2] as number);
    const d3 = (rows[p + i + 3] as number) - (centroids[q + i + 3] as number);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; i < dimension; i++) {
    const d = (rows[p + i] as number) - (centroids[q + i] as number);
    s0 += d * d;
  }
  return s0 + s1 + (s2 + s3);
}

/** By centroid: half the distance to the nearest other one. A row nearer than that belongs to it. */
function halfNearest(centroids: Float64Array, dimension: number): Float64Array {
  const single = Float32Array.from(centroids);
  const clusters = centroids.length / dimension;
  const half = new Float64Array(clusters).fill(Number.POSITIVE_INFINITY);
  for (let a = 0; a < clusters; a++) {
    for (let b = 0; b < a; b++) {
      const distance = Math.sqrt(squared(single, a, centroids, b, dimension)) / 2;
      half[a] = Math.min(half[a] as number, distance);
      half[b] = Math.min(half[b] as number, distance);
    }
  }
  // Less than half, for what rounding to singles took.
  return half.map((distance) => distance * (1 - 1e-6) - 1e-6);
}

/** How far each centroid moved. One without rows stays where it is. */
function moveToMeans(
  rows: Float32Array,
  dimension: number,
  clusterOf: Int32Array,
  centroids: Float64Array,
): Float64Array {
  const sums = new Float64Array(centroids.length);
  const sizes = new Float64Array(centroids.length / dimension);
  clusterOf.forEach((cluster, row) => {
    sizes[cluster]!++;
    for (let i = 0; i < dimension; i++) {
      sums[cluster * dimension + i]! += rows[row * dimension + i] as number;
    }
  });
  return sizes.map((size, cluster) => {
    if (size === 0) return 0;
    let distance = 0;
    for (let at = cluster * dimension; at < (cluster + 1) * dimension; at++) {
      const mean = (sums[at] as number) / size;
      distance += (mean - (centroids[at] as number)) ** 2;
      centroids[at] = mean;
    }
    return Math.sqrt(distance);
  });
}

import { dotError } from "../math/kernels/kernels.ts";
import { squaredDistance } from "../math/matrix.ts";
import type { KmeansPoints } from "./kmeans-points.ts";

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

/** Relative, and more than double precision loses in a distance. */
const slack = 1e-12;

/**
 * Lloyd's algorithm from given centroids, until no row changes its cluster. A row's distances are computed only where
 * Hamerly's bounds (2010) leave its cluster in doubt, in single precision; where its error could decide, once more in
 * double. Neither changes a result. Of equally near centroids the first is taken.
 */
export function lloyd(points: KmeansPoints, start: Float64Array): Clustering {
  const { count, dimension, pool } = points;
  const { kernels, at, doubles } = pool;
  const clusters = start.length / dimension;
  const centroids = doubles.subarray(at.centroids / 8, at.centroids / 8 + start.length);
  const sums = doubles.subarray(at.sums / 8, at.sums / 8 + start.length);
  centroids.set(start);
  sums.fill(0);
  const sizes = new Float64Array(clusters);
  const clusterOf = new Int32Array(count).fill(-1);
  const upper = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const lower = new Float64Array(count);
  const nearestOf = nearest(points, clusters);

  function assign(row: number, cluster: number): void {
    const own = clusterOf[row] as number;
    const sumAt = (of: number): number => at.sums + 8 * dimension * of;
    if (own >= 0) {
      kernels.addRow(points.rowAt(row), dimension, -1, sumAt(own));
      sizes[own]!--;
    }
    kernels.addRow(points.rowAt(row), dimension, 1, sumAt(cluster));
    sizes[cluster]!++;
    clusterOf[row] = cluster;
  }

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const apart = halfNearest(centroids, dimension);
    nearestOf.prepare();
    let changes = 0;
    for (let row = 0; row < count; row++) {
      const own = clusterOf[row] as number;
      const bound = Math.max(own < 0 ? 0 : (apart[own] as number), lower[row] as number);
      if ((upper[row] as number) < bound) continue;
      const { cluster, most, leastOther } = nearestOf.find(row);
      upper[row] = most;
      lower[row] = leastOther;
      if (cluster === own) continue;
      assign(row, cluster);
      changes++;
    }
    if (changes === 0) break;
    const moved = moveToMeans(sums, sizes, centroids);
    const furthest = Math.max(...moved);
    for (let row = 0; row < count; row++) {
      upper[row]! += moved[clusterOf[row] as number] as number;
      lower[row]! -= furthest;
    }
  }
  return { centroids: centroids.slice(), clusterOf, inertia: inertiaOf(points, clusterOf) };
}

/** Finds the centroid nearest to a row: at most how far it is, and at least how far the others are. */
function nearest(points: KmeansPoints, clusters: number) {
  const { dimension, squaredLengths, rowAt, pool } = points;
  const { kernels, at, doubles, singles, indices } = pool;
  const centroids = doubles.subarray(at.centroids / 8, at.centroids / 8 + clusters * dimension);
  const squares = new Float64Array(clusters);
  const distances = new Float64Array(clusters);
  const origin = new Float64Array(dimension);
  let longest = 0;

  function prepare(): void {
    singles.set(centroids, at.singles / 4);
    squares.forEach((_, cluster) => {
      squares[cluster] = squaredDistance(centroids, cluster * dimension, origin);
    });
    longest = Math.sqrt(Math.max(...squares));
  }

  function find(row: number) {
    kernels.dots(at.singles, clusters, dimension, rowAt(row), at.products);
    const squared = squaredLengths[row] as number;
    let [cluster, best, second] = [-1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let other = 0; other < clusters; other++) {
      const product = doubles[at.products / 8 + other] as number;
      const distance = squared + (squares[other] as number) - 2 * product;
      distances[other] = distance;
      if (distance < best) [cluster, second, best] = [other, best, distance];
      else if (distance < second) second = distance;
    }
    const length = Math.sqrt(squared);
    const error = 2 * dotError * length * longest + slack * (length + longest) ** 2;
    if (second - best <= 2 * error) cluster = exactly(row, best + 2 * error);
    return {
      cluster,
      most: Math.sqrt(Math.max(0, best + error)),
      leastOther: Math.sqrt(Math.max(0, second - error)),
    };
  }

  /** Of the centroids that may be within `reach` (squared) the nearest. */
  function exactly(row: number, reach: number): number {
    let [cluster, best] = [-1, Number.POSITIVE_INFINITY];
    indices[at.indices / 4] = row;
    distances.forEach((distance, other) => {
      if (distance > reach) return;
      const centroid = at.centroids + 8 * dimension * other;
      kernels.distances(at.rows, dimension, centroid, at.indices, 1, at.distances);
      const exact = doubles[at.distances / 8] as number;
      if (exact < best) [cluster, best] = [other, exact];
    });
    return cluster;
  }

  return { prepare, find };
}

/** By centroid: half the distance to the nearest other one. A row nearer than that belongs to it. */
function halfNearest(centroids: Float64Array, dimension: number): Float64Array {
  const clusters = centroids.length / dimension;
  const half = new Float64Array(clusters).fill(Number.POSITIVE_INFINITY);
  for (let a = 0; a < clusters; a++) {
    const own = centroids.subarray(a * dimension, (a + 1) * dimension);
    for (let b = 0; b < a; b++) {
      const distance = Math.sqrt(squaredDistance(centroids, b * dimension, own)) / 2;
      half[a] = Math.min(half[a] as number, distance);
      half[b] = Math.min(half[b] as number, distance);
    }
  }
  return half.map((distance) => distance * (1 - slack));
}

/** How far each centroid moved. One without rows stays where it is. */
function moveToMeans(
  sums: Float64Array,
  sizes: Float64Array,
  centroids: Float64Array,
): Float64Array {
  const dimension = sums.length / sizes.length;
  return sizes.map((size, cluster) => {
    if (size === 0) return 0;
    let distance = 0;
    for (let at = cluster * dimension; at < (cluster + 1) * dimension; at++) {
      const mean = (sums[at] as number) / size;
      distance += (mean - (centroids[at] as number)) ** 2;
      centroids[at] = mean;
    }
    return Math.sqrt(distance) * (1 + slack);
  });
}

function inertiaOf({ dimension, pool }: KmeansPoints, clusterOf: Int32Array): number {
  const { kernels, at, doubles, indices } = pool;
  let inertia = 0;
  clusterOf.forEach((cluster, row) => {
    indices[at.indices / 4] = row;
    const centroid = at.centroids + 8 * dimension * cluster;
    kernels.distances(at.rows, dimension, centroid, at.indices, 1, at.distances);
    inertia += doubles[at.distances / 8] as number;
  });
  return inertia;
}

import { makePool, type Pool } from "../math/kernels/pool.ts";

/** Vectors to cluster, where the kernels read them: all runs on the same vectors share one. */
export interface KmeansPoints {
  readonly count: number;
  readonly dimension: number;
  /** Most clusters that a run may have. */
  readonly clusters: number;
  /** By vector. */
  readonly squaredLengths: Float64Array;
  readonly pool: Pool<KmeansRegion>;
  /** Byte offset of a vector's singles. */
  rowAt(row: number): number;
  /** Squared distances of all vectors to some of them, in double precision: those to the first, then to the next. */
  distancesTo(rows: readonly number[]): readonly Float64Array[];
}

/**
 * Vectors; centroids as doubles, as singles, and the sums of their vectors; what kernels read and write. Picked vectors
 * are doubles with zeros up to a multiple of 4.
 */
type KmeansRegion =
  | "rows"
  | "centroids"
  | "singles"
  | "sums"
  | "indices"
  | "picked"
  | "products"
  | "distances";

/** Most vectors that `distancesTo` takes at once. */
export const mostPicked = 16;

/** `rows` are row-major. */
export function kmeansPoints(
  rows: Float32Array,
  dimension: number,
  clusters: number,
): KmeansPoints {
  const count = rows.length / dimension;
  const padded = 4 * Math.ceil(dimension / 4);
  const pool = makePool<KmeansRegion>({
    rows: 4 * (count * dimension + padded - dimension),
    centroids: 8 * clusters * dimension,
    singles: 4 * clusters * dimension,
    sums: 8 * clusters * dimension,
    indices: 4 * count,
    picked: 8 * mostPicked * padded,
    products: 8 * Math.max(clusters, mostPicked * count),
    distances: 8 * count,
  });
  const { kernels, at, doubles, singles } = pool;
  const squaredLengths = new Float64Array(count);
  singles.set(rows, at.rows / 4);
  for (let row = 0; row < count; row++) {
    squaredLengths[row] = squaredLength(rows, row * dimension, dimension);
  }
  return {
    count,
    dimension,
    clusters,
    squaredLengths,
    pool,
    rowAt: (row) => at.rows + 4 * dimension * row,
    distancesTo(picked) {
      picked.forEach((row, place) => {
        const vector = rows.subarray(row * dimension, (row + 1) * dimension);
        doubles.set(vector, at.picked / 8 + padded * place);
      });
      // Whole tiles of four: of what is left over from the time before nothing is read.
      const many = 4 * Math.ceil(picked.length / 4);
      const others = [at.rows, count, dimension, at.products, count] as const;
      kernels.productsOfSingles(at.picked, many, padded, ...others);
      return picked.map((row, place) => {
        const own = squaredLengths[row] as number;
        const from = at.products / 8 + count * place;
        const distances = new Float64Array(count);
        for (let other = 0; other < count; other++) {
          const product = doubles[from + other] as number;
          distances[other] = Math.max(0, (squaredLengths[other] as number) + own - 2 * product);
        }
        return distances;
      });
    },
  };
}

/** In the order of the kernel's sums, so that a vector is at distance 0 from itself. */
function squaredLength(rows: Float32Array, from: number, dimension: number): number {
  let [even, odd] = [0, 0];
  for (let i = 0; i < dimension; i += 2) {
    even += (rows[from + i] as number) ** 2;
    if (i + 1 < dimension) odd += (rows[from + i + 1] as number) ** 2;
  }
  return even + odd;
}

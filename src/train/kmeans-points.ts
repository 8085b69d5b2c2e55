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
 * Vectors as singles and as doubles with zeros up to a multiple of 4; centroids as doubles, as singles, and the sums of
 * their vectors; what kernels read and write.
 */
type KmeansRegion =
  | "rows"
  | "points"
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
    rows: 4 * count * dimension,
    points: 8 * count * padded,
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
    const point = at.points + 8 * padded * row;
    doubles.set(rows.subarray(row * dimension, (row + 1) * dimension), point / 8);
    kernels.products(point, 1, point, 1, padded, at.products, 1);
    squaredLengths[row] = doubles[at.products / 8] as number;
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
        const from = at.points / 8 + padded * row;
        doubles.copyWithin(at.picked / 8 + padded * place, from, from + padded);
      });
      // Whole tiles of four: of what is left over from the time before nothing is read.
      const many = 4 * Math.ceil(picked.length / 4);
      kernels.products(at.picked, many, at.points, count, padded, at.products, count);
      return picked.map((row, place) => {
        const own = squaredLengths[row] as number;
        const from = at.products / 8 + count * place;
        return squaredLengths.map((squared, other) =>
          Math.max(0, squared + own - 2 * (doubles[from + other] as number)),
        );
      });
    },
  };
}

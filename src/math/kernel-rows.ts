import { makePool, type Pool } from "./kernels/pool.ts";

/**
 * Kernel values of every pair of examples: v.w, or exp(-gamma |v - w|^2). Computed in double precision and kept as
 * singles, as LIBSVM keeps them.
 */
export interface KernelRows {
  /** How many examples. */
  readonly size: number;
  /** Numbers of a row: `size` rounded up to a multiple of 4. What stands beyond `size` is of no example. */
  readonly width: number;
  readonly pool: Pool<KernelRegion>;
  /** Byte offset of an example's row of singles, which stays there until the row after the next is asked for. */
  rowAt(example: number): number;
  /** The row's values of the examples. */
  row(example: number): Float32Array;
}

/**
 * The vectors, their squared lengths, the rows; `diagonal` of the kernel. For who solves on the rows: five lists of
 * `width` doubles.
 */
type KernelRegion =
  | "points"
  | "squares"
  | "diagonal"
  | "rows"
  | "scratch"
  | "violations"
  | "rising"
  | "falling"
  | "weights"
  | "facts";

/** What all rows of 10,000 examples take. Of more the rows used last are kept, in as much memory. */
const maxRowBytes = 400_000_000;

/** Of the vectors that a block of the table is computed from: they stay in a core's second cache, of 1 MiB or more. */
const blockBytes = 400_000;
const blockRows = 64;

/** `rows` are row-major, `dimension` numbers each. Without `gamma` the kernel is linear. */
export function kernelRows(
  rows: Float32Array,
  dimension: number,
  gamma?: number,
  rowBytes: number = maxRowBytes,
): KernelRows {
  const size = rows.length / dimension;
  const width = roundedUp(size, 4);
  const padded = roundedUp(dimension, 4);
  // The solver uses two rows at a time.
  const held = Math.min(width, Math.max(2, Math.floor(rowBytes / (4 * width))));
  const columns = Math.max(4, 4 * Math.floor(blockBytes / (8 * padded) / 4));
  const pool = makePool<KernelRegion>({
    points: 8 * width * padded,
    squares: 8 * width,
    diagonal: 8 * width,
    rows: 4 * held * width,
    scratch: 8 * Math.max(width, blockRows * columns),
    violations: 8 * width,
    rising: 8 * width,
    falling: 8 * width,
    weights: 8 * width,
    facts: 8 * 66,
  });
  const { kernels, at, doubles, singles } = pool;
  const pointAt = (example: number): number => at.points + 8 * padded * example;
  for (let example = 0; example < size; example++) {
    const point = rows.subarray(example * dimension, (example + 1) * dimension);
    doubles.set(point, pointAt(example) / 8);
    const square = at.squares + 8 * example;
    kernels.products(pointAt(example), 1, pointAt(example), 1, padded, square, 1);
    doubles[at.diagonal / 8 + example] = gamma === undefined ? (doubles[square / 8] as number) : 1;
  }

  /** Row `example` from column `from` on, from products in the scratch. */
  function finish(example: number, from: number, count: number, products: number, into: number) {
    if (gamma === undefined) return kernels.narrow(products, count, into);
    const own = doubles[at.squares / 8 + example] as number;
    kernels.rbfSingles(products, at.squares + 8 * from, count, own, gamma, into);
  }

  const place = (slot: number): number => at.rows + 4 * width * slot;

  /** A block of rows beside a block of vectors, from the diagonal down; the other half is its mirror image. */
  function fillTable(): void {
    for (let from = 0; from < width; from += columns) {
      const count = Math.min(columns, width - from);
      for (let first = from; first < width; first += blockRows) {
        const many = Math.min(blockRows, width - first);
        kernels.products(pointAt(first), many, pointAt(from), count, padded, at.scratch, count);
        for (let row = first; row < first + many; row++) {
          const products = at.scratch + 8 * count * (row - first);
          finish(row, from, count, products, place(row) + 4 * from);
        }
        for (let column = from; column < from + count; column++) {
          const into = place(column) / 4;
          for (let row = Math.max(first, column); row < first + many; row++) {
            singles[into + row] = singles[place(row) / 4 + column] as number;
          }
        }
      }
    }
  }

  /** Slot by example, the one used longest ago first. */
  const slots = new Map<number, number>();
  function computed(example: number): number {
    const known = slots.get(example);
    const [oldest] = slots.keys();
    const slot =
      known ?? (slots.size < held ? slots.size : (slots.get(oldest as number) as number));
    if (known === undefined && slots.size === held) slots.delete(oldest as number);
    slots.delete(example);
    slots.set(example, slot);
    if (known === undefined) {
      kernels.products(at.points, width, pointAt(example), 1, padded, at.scratch, 1);
      finish(example, 0, width, at.scratch, place(slot));
    }
    return place(slot);
  }

  if (held === width) fillTable();
  const rowAt = held === width ? place : computed;
  return {
    size,
    width,
    pool,
    rowAt,
    row(example) {
      const from = rowAt(example) / 4;
      return singles.subarray(from, from + size);
    },
  };
}

const roundedUp = (count: number, to: number): number => Math.ceil(count / to) * to;

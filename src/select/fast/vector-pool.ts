import { makePool } from "../../math/kernels/pool.ts";
import type { Turns } from "../../math/turns.ts";
import { fitsSingles, productError, slack as singleSlack } from "./single.ts";
import { empty, tailDistance } from "./tails.ts";

/** Vectors in three forms, each dearer and more exact than the one before: bytes, singles, and singles as doubles. */
export interface VectorPool {
  /** As they were given, where the kernels read them. */
  readonly vectors: Float32Array;
  /** Between which the squared distance of each position lies, once `bound` or `boundEach` has said so. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Of the query: what is not encoded. */
  tailDistance(numbers: Float32Array, from: number): number;
  /** False when a number is not finite or the squares overflow: then no bound holds. */
  setQuery(x: Float32Array | Float64Array): boolean;
  /** Bounds the positions in [from, to), whole blocks of one tail at squared distance `tail`. */
  bound(from: number, to: number, tail: number): void;
  /** `bound` of positions that each have a tail of their own. */
  boundEach(from: number, to: number): void;
  /** Narrows the bounds of the first `count` of `positions` a thousandfold, if singles hold the numbers. */
  sharpen(positions: Uint32Array, count: number): void;
  /** Squared distances of the first `count` of `vectors`, their indices, as `squaredDistance` gives them. */
  distances(vectors: Uint32Array, count: number, into: Float64Array): void;
}

/** Relative, for the rounding of doubles in a bound and in the distance itself: some 2,000 roundings of 2^-53. */
export const slack = 4e-12;
/** Beyond it sums of squares could overflow. */
const most = 1e300;
/** Of what stands at an empty position: farther than any vector, and finite, for 0 times infinity is no number. */
const farLength = 1e153;
/** Whole blocks. An engine puts its faster code of a function to use when it is called the next time. */
const encodedAtOnce = 128;
/** About a millisecond each, and more where memory is touched for the first time. */
const copiedAtOnce = 512 * 1024;
const turnRows = 4 * encodedAtOnce;

/** The first `width` of `dimension` numbers are encoded. Undefined when a vector's squares overflow, or vanish. */
export function* vectorPool(
  vectors: Float32Array,
  dimension: number,
  width: number,
  order: Uint32Array,
): Turns<VectorPool | undefined> {
  const count = order.length;
  const padded = Math.ceil(width / 16) * 16;
  const pool = makePool({
    rows: vectors.byteLength,
    bytes: count * padded,
    facts: count * 32,
    lower: count * 8,
    upper: count * 8,
    squares: count * 8,
    indices: count * 4,
    results: count * 8,
    x: dimension * 8,
    single: dimension * 4,
    query: padded * 2,
    queryFacts: 3 * 8,
  });
  const { kernels, at, doubles, singles, indices } = pool;
  const list = (from: number, length: number) => doubles.subarray(from / 8, from / 8 + length);
  const results = at.results / 8;
  /** Index of the length of a position's vector; four on is the length of what rounding took. */
  const lengthAt = (position: number): number =>
    at.facts / 8 + (position >> 2) * 16 + 4 + (position & 3);
  const [lower, upper] = [list(at.lower, count), list(at.upper, count)];
  const squares = list(at.squares, count);
  const x = list(at.x, dimension);
  for (let from = 0; from < vectors.length; from += copiedAtOnce) {
    singles.set(vectors.subarray(from, from + copiedAtOnce), at.rows / 4 + from);
    yield;
  }
  const rows = singles.subarray(at.rows / 4, at.rows / 4 + vectors.length);
  order.forEach((vector, position) => {
    indices[at.indices / 4 + position] = vector === empty ? 0 : vector;
  });
  for (let from = 0; from < count; from += encodedAtOnce) {
    const size = Math.min(encodedAtOnce, count - from);
    const [own, bytes] = [at.indices + from * 4, at.bytes + from * padded];
    kernels.encodeRows(at.rows, dimension, width, padded, own, size, bytes, at.facts + from * 32);
    if (from % turnRows === 0) yield;
  }
  let rowsFit = true;
  for (let position = 0; position < count; position++) {
    if (position % turnRows === 0) yield;
    if (order[position] === empty) {
      doubles[lengthAt(position)] = farLength;
      continue;
    }
    let square = (doubles[lengthAt(position)] as number) ** 2;
    const row = (order[position] as number) * dimension;
    for (let i = width; i < dimension; i++) square += (rows[row + i] as number) ** 2;
    if (!(square < most && Number.isFinite(doubles[lengthAt(position) + 4]))) return undefined;
    squares[position] = square;
    rowsFit &&= fitsSingles(square) || square === 0;
  }
  /** Squared length of the query; 0 when singles do not hold it, or the rows. */
  let squared = 0;

  function setQuery(given: Float32Array | Float64Array): boolean {
    x.set(given);
    kernels.encodeQuery(at.x, width, padded, at.query, at.queryFacts);
    // Of numbers so small that they cannot be scaled.
    if (!Number.isFinite(doubles[at.queryFacts / 8 + 2])) return false;
    squared = doubles[at.queryFacts / 8 + 1] as number;
    for (let i = width; i < dimension; i++) squared += (x[i] as number) ** 2;
    if (!(squared < most)) return false;
    if (rowsFit && fitsSingles(squared)) singles.set(given, at.single / 4);
    else squared = 0;
    return true;
  }

  function bound(from: number, to: number, tail: number): void {
    kernels.bounds(
      at.bytes + from * padded,
      padded,
      at.facts + from * 32,
      to - from,
      at.query,
      at.queryFacts,
      tail,
      slack,
      at.lower + from * 8,
      at.upper + from * 8,
    );
  }

  function boundEach(from: number, to: number): void {
    bound(from, to, 0);
    for (let position = from; position < to; position++) {
      if (order[position] === empty) continue;
      const tail = tailDistance(x, width, rows, (order[position] as number) * dimension + width);
      lower[position]! += tail * (1 - slack);
      upper[position]! += tail * (1 + slack);
    }
  }

  function sharpen(positions: Uint32Array, length: number): void {
    if (squared === 0) return;
    for (let n = 0; n < length; n++) {
      indices[at.indices / 4 + n] = order[positions[n] as number] as number;
    }
    kernels.dotsAt(at.rows, at.indices, length, dimension, at.single, at.results);
    const own = Math.sqrt(squared);
    for (let n = 0; n < length; n++) {
      const position = positions[n] as number;
      const both = (squares[position] as number) + squared;
      const middle = both - 2 * (doubles[results + n] as number);
      const lengths = Math.sqrt(squares[position] as number) + own;
      const reach = 2 * productError * lengths * own + singleSlack * both;
      lower[position] = middle - reach;
      upper[position] = middle + reach;
    }
  }

  return {
    vectors: rows,
    lower,
    upper,
    tailDistance: (numbers, from) => tailDistance(x, width, numbers, from),
    setQuery,
    bound,
    boundEach,
    sharpen,
    distances(wanted, length, into) {
      for (let n = 0; n < length; n++) indices[at.indices / 4 + n] = wanted[n] as number;
      kernels.distances(at.rows, dimension, at.x, at.indices, length, at.results);
      for (let n = 0; n < length; n++) into[n] = doubles[results + n] as number;
    },
  };
}

import { makePool } from "../../math/kernels/pool.ts";
import { groupTails, tailDistance } from "./tails.ts";
import { thresholdFinder } from "./threshold.ts";

/** The k nearest of the vectors that weigh something. */
export interface Nearest {
  /** Indices of vectors that are among them with all of their weight, in no order. Valid until the next call. */
  readonly inside: Uint32Array;
  /** Those that may be, nearest first; of equally near ones the lower index first. */
  readonly edge: readonly Distant[];
  /** How much of the weight of `edge`, from its beginning, is among them. Less when there is no more. */
  readonly room: number;
}

export interface Distant {
  readonly vector: number;
  readonly distance: number;
}

export interface NeighbourSearch {
  /** The vectors, where the kernels read them. */
  readonly vectors: Float32Array;
  /** Sets the query. False when a number is not finite or their squares overflow: then no bound holds. */
  begin(x: Float32Array | Float64Array): boolean;
  /** For the query that was set. `weights` are by position, as `byPosition` makes them; without, each vector's is 1. */
  nearest(weights: Uint32Array | undefined, k: number): Nearest;
  /** Weights by vector, in the order that `nearest` wants. */
  byPosition(weights: Uint32Array): Uint32Array;
  /** Since `begin`: vectors whose bytes were read, and whose numbers were. */
  work(): { readonly read: number; readonly reranked: number };
}

/** Relative, for the rounding of doubles in a bound and in the distance itself: some 2,000 roundings of 2^-53. */
const slack = 4e-12;
/** Added to every bound: squares of less than 1e-150 vanish. */
const least = 1e-290;
/** Beyond it sums of squares could overflow. */
const most = 1e300;
/** A quarter of the products of bytes and shorts must fit 32 bits. */
const stepsFor = (padded: number): number =>
  Math.min(32_767, Math.floor((2 ** 31 - 1) / ((127 * padded) / 4)));

/**
 * Exact search among `vectors`, `dimension` singles each, of which the last `categories` are the one-hot. Vectors of one
 * tail stand together, and one whose tail alone is too far is never read. The rest are compared as bytes, between
 * bounds that hold for certain, and only what the bounds leave open is computed in double precision.
 *
 * Undefined when a vector is so long that its squares overflow.
 */
export function neighbourSearch(
  vectors: Float32Array,
  dimension: number,
  categories: number,
): NeighbourSearch | undefined {
  const width = Math.max(0, dimension - categories);
  const length = dimension - width;
  const count = vectors.length / dimension;
  const padded = Math.ceil(width / 16) * 16;
  const { order, tails, restFrom } = groupTails(vectors, dimension, width);
  const pool = makePool({
    rows: vectors.byteLength,
    bytes: count * padded,
    facts: count * 32,
    lower: count * 8,
    upper: count * 8,
    indices: count * 4,
    distances: count * 8,
    x: dimension * 8,
    query: padded * 2,
    queryFacts: 3 * 8,
  });
  const { kernels, at, doubles, indices } = pool;
  pool.singles.set(vectors, at.rows / 4);
  // The pool's own copy takes the place of the artifact's.
  const rows = pool.singles.subarray(at.rows / 4, at.rows / 4 + vectors.length);
  indices.set(order, at.indices / 4);
  kernels.encodeRows(at.rows, dimension, width, padded, at.indices, count, at.bytes, at.facts);
  for (let n = 0; n < count; n++) {
    if (!((doubles[at.facts / 8 + 4 * n + 1] as number) < most)) return undefined;
  }

  const x = doubles.subarray(at.x / 8, at.x / 8 + dimension);
  const lower = at.lower / 8;
  const upper = at.upper / 8;
  const threshold = thresholdFinder(count);
  const tailDistances = new Float64Array(tails.length);
  const tailRead = new Uint8Array(tails.length);
  const read = new Uint32Array(count);
  const inside = new Uint32Array(count);
  let readCount = 0;
  let reranked = 0;

  function begin(given: Float32Array | Float64Array): boolean {
    x.set(given);
    kernels.encodeQuery(at.x, width, padded, stepsFor(padded), at.query, at.queryFacts);
    let squared = doubles[at.queryFacts / 8 + 1] as number;
    for (let i = width; i < dimension; i++) squared += (x[i] as number) ** 2;
    if (!(squared < most)) return false;
    readCount = 0;
    reranked = 0;
    tailRead.fill(0);
    tails.forEach(({ numbers }, tail) => {
      tailDistances[tail] = tailDistance(x, width, numbers, 0, length);
    });
    if (restFrom < count) readRest();
    return true;
  }

  function readRows(from: number, to: number, tail: number): void {
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
    for (let position = from; position < to; position++) {
      doubles[lower + position]! -= least;
      doubles[upper + position]! += least;
      read[readCount++] = position;
    }
  }

  /** Vectors of rare tails, each at its own distance. */
  function readRest(): void {
    readRows(restFrom, count, 0);
    for (let position = restFrom; position < count; position++) {
      const from = (order[position] as number) * dimension + width;
      const tail = tailDistance(x, width, rows, from, length);
      doubles[lower + position]! += tail * (1 - slack);
      doubles[upper + position]! += tail * (1 + slack);
    }
  }

  /** Reads tails, nearest first, until those that are left are too far. Returns the distance that is near enough. */
  function readWhile(weights: Uint32Array | undefined, k: number): number {
    for (;;) {
      const values = doubles;
      const enough = threshold({
        values,
        base: upper,
        positions: read,
        count: readCount,
        weights,
        k,
      });
      let next = Number.POSITIVE_INFINITY;
      for (let tail = 0; tail < tails.length; tail++) {
        if (tailRead[tail] === 0) next = Math.min(next, tailDistances[tail] as number);
      }
      // Nothing of a tail is nearer than the tail.
      if (next * (1 - slack) > enough || next === Number.POSITIVE_INFINITY) return enough;
      for (let tail = 0; tail < tails.length; tail++) {
        if (tailRead[tail] === 1 || (tailDistances[tail] as number) > next) continue;
        const { from, to } = tails[tail] as (typeof tails)[number];
        readRows(from, to, tailDistances[tail] as number);
        tailRead[tail] = 1;
      }
    }
  }

  function nearest(weights: Uint32Array | undefined, k: number): Nearest {
    const enough = readWhile(weights, k);
    // With less before it than k, whatever the order of those whose bounds reach below it: surely among the k.
    const sure = threshold({
      values: doubles,
      base: lower,
      positions: read,
      count: readCount,
      weights,
      k,
    });
    let [insideCount, edgeCount, room] = [0, 0, k];
    for (let n = 0; n < readCount; n++) {
      const position = read[n] as number;
      const weight = weights ? (weights[position] as number) : 1;
      if (weight === 0 || (doubles[lower + position] as number) > enough) continue;
      if ((doubles[upper + position] as number) < sure) {
        inside[insideCount++] = order[position] as number;
        room -= weight;
      } else indices[at.indices / 4 + edgeCount++] = order[position] as number;
    }
    kernels.distances(at.rows, dimension, at.x, at.indices, edgeCount, at.distances);
    reranked += edgeCount;
    const edge = Array.from({ length: edgeCount }, (_, n): Distant => {
      const vector = indices[at.indices / 4 + n] as number;
      return { vector, distance: doubles[at.distances / 8 + n] as number };
    });
    edge.sort((a, b) => a.distance - b.distance || a.vector - b.vector);
    return { inside: inside.subarray(0, insideCount), edge, room };
  }

  return {
    vectors: rows,
    begin,
    nearest,
    byPosition: (weights) => order.map((vector) => weights[vector] as number),
    work: () => ({ read: readCount, reranked }),
  };
}

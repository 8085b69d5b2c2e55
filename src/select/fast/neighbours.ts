import { finished, type Turns } from "../../math/turns.ts";
import { byDistance } from "./by-distance.ts";
import { empty, groupTails } from "./tails.ts";
import { thresholdFinder } from "./threshold.ts";
import { slack, vectorPool } from "./vector-pool.ts";

/** The k nearest of the vectors that weigh something. Its lists are valid until the next call. */
export interface Nearest {
  /** Indices of vectors that are among them with all of their weight, in no order. */
  readonly inside: Uint32Array;
  readonly insideCount: number;
  /** Those that may be, nearest first; of equally near ones the lower index first. */
  readonly edge: Uint32Array;
  /** Squared, of `edge`. */
  readonly distances: Float64Array;
  readonly edgeCount: number;
  /** How much of the weight of `edge`, from its beginning, is among them. Less when there is no more. */
  readonly room: number;
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
  /** Since `begin`: vectors that were compared as bytes, as singles and as doubles. */
  work(): { readonly bytes: number; readonly singles: number; readonly doubles: number };
}

/** With so few left after the bytes, doubles cost no more than singles. */
const fewEnough = 4;

/**
 * Exact search among `vectors`, `dimension` singles each, of which the last `categories` are the one-hot. Vectors of one
 * tail stand together, and those whose tail alone is too far are never read: to a one-hot of another category the
 * squared distance is 2. The rest are compared as bytes, then as singles, between bounds that hold for certain, and
 * only what these leave open in double precision.
 *
 * Undefined when a vector is so long that its squares overflow.
 */
export const neighbourSearch = (
  ...args: Parameters<typeof neighbourSearchInTurns>
): NeighbourSearch | undefined => finished(neighbourSearchInTurns(...args));

/** As `neighbourSearch`, for who cannot wait for all of it at once. */
export function* neighbourSearchInTurns(
  vectors: Float32Array,
  dimension: number,
  categories: number,
): Turns<NeighbourSearch | undefined> {
  const width = Math.max(0, dimension - categories);
  const { order, tails, restFrom, rest } = groupTails(vectors, dimension, width);
  const pool = yield* vectorPool(vectors, dimension, width, order);
  if (!pool) return undefined;
  const { lower, upper } = pool;
  const count = order.length;
  const threshold = thresholdFinder(count);
  const tailDistances = new Float64Array(tails.length);
  const tailRead = new Uint8Array(tails.length);
  /** Of positions that have bounds. */
  const read = { ends: new Uint32Array(2 * (tails.length + 1)), length: 0 };
  /** Positions that may be among the nearest, and their bounds and weights. */
  const possible = new Uint32Array(count);
  const low = new Float64Array(count);
  const high = new Float64Array(count);
  const own = new Uint32Array(count);
  const pending = new Uint32Array(count);
  const every = { ends: new Uint32Array(2), length: 2 };
  const inside = new Uint32Array(count);
  const edge = new Uint32Array(count);
  const distances = new Float64Array(count);
  const work = { bytes: 0, singles: 0, doubles: 0 };

  function begin(x: Float32Array | Float64Array): boolean {
    if (!pool?.setQuery(x)) return false;
    read.length = 0;
    work.bytes = 0;
    work.singles = 0;
    work.doubles = 0;
    tailRead.fill(0);
    for (let tail = 0; tail < tails.length; tail++) {
      tailDistances[tail] = pool.tailDistance((tails[tail] as (typeof tails)[number]).numbers, 0);
    }
    if (restFrom < count) {
      pool.boundEach(restFrom, count);
      add(restFrom, count, rest);
    }
    return true;
  }

  function add(from: number, to: number, size: number): void {
    read.ends[read.length++] = from;
    read.ends[read.length++] = to;
    work.bytes += size;
  }

  /** Reads tails, nearest first, until those that are left are too far. Returns the distance that is near enough. */
  function readWhile(weights: Uint32Array | undefined, k: number): number {
    for (;;) {
      const enough = threshold({ values: upper, stretches: read, weights, k });
      let next = Number.POSITIVE_INFINITY;
      for (let tail = 0; tail < tails.length; tail++) {
        if (tailRead[tail] === 0) next = Math.min(next, tailDistances[tail] as number);
      }
      // Nothing of a tail is nearer than the tail.
      if (next * (1 - slack) > enough || next === Number.POSITIVE_INFINITY) return enough;
      for (let tail = 0; tail < tails.length; tail++) {
        if (tailRead[tail] === 1 || (tailDistances[tail] as number) > next) continue;
        const { from, to, size } = tails[tail] as (typeof tails)[number];
        pool?.bound(from, to, next);
        add(from, to, size);
        tailRead[tail] = 1;
      }
    }
  }

  /** Lists the positions that may be as near as `enough`. */
  function collect(weights: Uint32Array | undefined, enough: number): number {
    let found = 0;
    for (let stretch = 0; stretch < read.length; stretch += 2) {
      const to = read.ends[stretch + 1] as number;
      for (let position = read.ends[stretch] as number; position < to; position++) {
        if ((lower[position] as number) > enough || order[position] === empty) continue;
        const weight = weights ? (weights[position] as number) : 1;
        if (weight === 0) continue;
        possible[found] = position;
        own[found++] = weight;
      }
    }
    return found;
  }

  /** Lists the bounds of the positions found. */
  function listBounds(found: number): void {
    for (let n = 0; n < found; n++) {
      low[n] = lower[possible[n] as number] as number;
      high[n] = upper[possible[n] as number] as number;
    }
    every.ends[1] = found;
  }

  /**
   * Of what was found, what is nearer has less than k before it, whatever the order of those whose bounds reach below it:
   * it is surely among the k.
   */
  const sureBelow = (k: number): number =>
    threshold({ values: low, stretches: every, weights: own, k });

  function nearest(weights: Uint32Array | undefined, k: number): Nearest {
    const found = collect(weights, readWhile(weights, k));
    listBounds(found);
    const sureByBytes = sureBelow(k);
    let open = 0;
    for (let n = 0; n < found; n++) {
      if ((high[n] as number) >= sureByBytes) pending[open++] = possible[n] as number;
    }
    if (open > fewEnough) {
      pool?.sharpen(pending, open);
      work.singles += open;
      listBounds(found);
    }
    const enough = threshold({ values: high, stretches: every, weights: own, k });
    const sure = sureBelow(k);
    let [insideCount, edgeCount, room] = [0, 0, k];
    for (let n = 0; n < found; n++) {
      if ((low[n] as number) > enough) continue;
      const vector = order[possible[n] as number] as number;
      if ((high[n] as number) < sure) {
        inside[insideCount++] = vector;
        room -= own[n] as number;
      } else edge[edgeCount++] = vector;
    }
    pool?.distances(edge, edgeCount, distances);
    work.doubles += edgeCount;
    byDistance(edge, distances, edgeCount);
    return { inside, insideCount, edge, distances, edgeCount, room };
  }

  return {
    vectors: pool.vectors,
    begin,
    nearest,
    byPosition: (weights) => order.map((vector) => weights[vector] ?? 0),
    work: () => ({ ...work }),
  };
}

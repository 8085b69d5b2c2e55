/** Lists of doubles in one array, of which some stretches have been filled. */
export interface Stretches {
  /** Pairs: where a stretch begins, and where it ends. */
  readonly ends: Uint32Array;
  /** How many numbers of `ends` count. */
  length: number;
}

export interface Weighing {
  /** By position. */
  readonly values: Float64Array;
  readonly stretches: Stretches;
  /** By position, whole numbers; 0 leaves it out. Without, each weighs 1. */
  readonly weights: Uint32Array | undefined;
  readonly k: number;
}

/** The least value up to which the values weigh at least `k` together; infinity when all of them weigh less. */
export type ThresholdFinder = (weighing: Weighing) => number;

/** Up to so many a list is kept in order; beyond, the values are partitioned. */
const maxListed = 32;

/** `capacity` is how many positions there are at most. */
export function thresholdFinder(capacity: number): ThresholdFinder {
  const scratch = new Float64Array(capacity);
  const heavy = new Uint32Array(capacity);
  const nearest = new Float64Array(maxListed + 1);
  const weight = new Float64Array(maxListed + 1);

  /** A list of the least values, no longer than it takes to weigh k: each value weighs 1 or more. */
  function listed({ values, stretches, weights, k }: Weighing): number {
    let [length, total, limit] = [0, 0, Number.POSITIVE_INFINITY];
    for (let s = 0; s < stretches.length; s += 2) {
      const to = stretches.ends[s + 1] as number;
      for (let position = stretches.ends[s] as number; position < to; position++) {
        const value = values[position] as number;
        if (value >= limit) continue;
        const own = weights ? (weights[position] as number) : 1;
        if (own === 0) continue;
        let place = length++;
        while (place > 0 && (nearest[place - 1] as number) > value) {
          nearest[place] = nearest[place - 1] as number;
          weight[place] = weight[place - 1] as number;
          place--;
        }
        nearest[place] = value;
        weight[place] = own;
        total += own;
        while (total - (weight[length - 1] as number) >= k) total -= weight[--length] as number;
        if (total >= k) limit = nearest[length - 1] as number;
      }
    }
    return limit;
  }

  /** Quickselect (Hoare 1961) by weight. */
  function partitioned({ values, stretches, weights, k }: Weighing): number {
    let [to, total] = [0, 0];
    for (let s = 0; s < stretches.length; s += 2) {
      const end = stretches.ends[s + 1] as number;
      for (let position = stretches.ends[s] as number; position < end; position++) {
        const own = weights ? (weights[position] as number) : 1;
        if (own === 0) continue;
        scratch[to] = values[position] as number;
        heavy[to++] = own;
        total += own;
      }
    }
    if (total < k) return Number.POSITIVE_INFINITY;
    let [from, wanted] = [0, k];
    for (;;) {
      const pivot = middleOf(
        scratch[from] as number,
        scratch[(from + to) >> 1] as number,
        scratch[to - 1] as number,
      );
      // [from, low) is less than the pivot, [low, high) equal, [high, to) more.
      let [low, high, below, equal] = [from, to, 0, 0];
      for (let n = from; n < high; ) {
        const value = scratch[n] as number;
        if (value < pivot) {
          below += heavy[n] as number;
          swap(n++, low++);
        } else if (value > pivot) swap(n, --high);
        else equal += heavy[n++] as number;
      }
      if (wanted <= below) to = low;
      else if (wanted <= below + equal) return pivot;
      else {
        wanted -= below + equal;
        from = high;
      }
    }
  }

  function swap(a: number, b: number): void {
    const [value, own] = [scratch[a] as number, heavy[a] as number];
    scratch[a] = scratch[b] as number;
    heavy[a] = heavy[b] as number;
    scratch[b] = value;
    heavy[b] = own;
  }

  return (weighing) => (weighing.k < maxListed ? listed(weighing) : partitioned(weighing));
}

const middleOf = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

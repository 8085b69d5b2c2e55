/** Up to so many a list is kept in order; beyond, the values are partitioned. */
const maxListed = 32;

/**
 * Finds the least of some values up to which the values, each of its weight, weigh at least `k`; infinity when all of
 * them weigh less. Values are those of `values[base + p]` for the positions p of `positions`, weights `weights[p]`, or
 * 1 without. `capacity` is how many positions there are at most.
 */
export function thresholdFinder(capacity: number): ThresholdFinder {
  const scratch = new Uint32Array(capacity);
  const nearest = new Float64Array(maxListed + 1);
  const weight = new Float64Array(maxListed + 1);

  /** A list of the least values, no longer than it takes to weigh k: each value weighs 1 or more. */
  function listed({ values, base, positions, count, weights, k }: Weighing): number {
    let [length, total] = [0, 0];
    for (let n = 0; n < count; n++) {
      const position = positions[n] as number;
      const own = weights ? (weights[position] as number) : 1;
      const value = values[base + position] as number;
      if (own === 0 || (total >= k && value >= (nearest[length - 1] as number))) continue;
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
    }
    return total >= k ? (nearest[length - 1] as number) : Number.POSITIVE_INFINITY;
  }

  /** Quickselect (Hoare 1961) by weight. */
  function partitioned({ values, base, positions, count, weights, k }: Weighing): number {
    const valueAt = (n: number): number => values[base + (scratch[n] as number)] as number;
    const weightAt = (n: number): number =>
      weights ? (weights[scratch[n] as number] as number) : 1;
    let [from, to, total] = [0, 0, 0];
    for (let n = 0; n < count; n++) {
      scratch[to] = positions[n] as number;
      const own = weightAt(to);
      total += own;
      if (own > 0) to++;
    }
    if (total < k) return Number.POSITIVE_INFINITY;
    let wanted = k;
    for (;;) {
      const pivot = middleOf(valueAt(from), valueAt((from + to) >> 1), valueAt(to - 1));
      // [from, low) is less than the pivot, [low, high) equal, [high, to) more.
      let [low, high, below, equal] = [from, to, 0, 0];
      for (let n = from; n < high; ) {
        const value = valueAt(n);
        if (value < pivot) {
          below += weightAt(n);
          swap(scratch, n++, low++);
        } else if (value > pivot) swap(scratch, n, --high);
        else equal += weightAt(n++);
      }
      if (wanted <= below) to = low;
      else if (wanted <= below + equal) return pivot;
      else {
        wanted -= below + equal;
        from = high;
      }
    }
  }

  return (weighing) => (weighing.k < maxListed ? listed(weighing) : partitioned(weighing));
}

export type ThresholdFinder = (weighing: Weighing) => number;

export interface Weighing {
  readonly values: Float64Array;
  readonly base: number;
  readonly positions: Uint32Array;
  readonly count: number;
  /** By position, whole numbers; 0 leaves it out. */
  readonly weights: Uint32Array | undefined;
  readonly k: number;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function swap(list: Uint32Array, a: number, b: number): void {
  const kept = list[a] as number;
  list[a] = list[b] as number;
  list[b] = kept;
}

/** How many values fell between bounds: what Prometheus calls a histogram. */
export interface Distribution {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** Of the values up to each bound and above the one before it, then of those above them all. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface GrowingDistribution {
  add(value: number): void;
  read(): Distribution;
}

export function distribution(bounds: readonly number[]): GrowingDistribution {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  return {
    add(value) {
      const found = bounds.findIndex((bound) => value <= bound);
      const at = found < 0 ? bounds.length : found;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    read: () => ({ bounds, counts: [...counts], sum }),
  };
}

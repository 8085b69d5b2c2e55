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
      let at = 0;
      while (at < bounds.length && value > (bounds[at] as number)) at++;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    read: () => ({ bounds, counts: [...counts], sum }),
  };
}

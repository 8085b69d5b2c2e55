import { random } from "./random.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** How many differences. */
  readonly count: number;
}

/** So many that the ends of the interval move by a fiftieth of its length from seed to seed. */
const resamples = 2000;

/**
 * Mean of paired differences, and the percentile bootstrap's 95 % interval of it. Pairs are of one query: how hard it is
 * touches both sides, and cancels.
 */
export function pairedBootstrap(differences: ArrayLike<number>, seed: number): Interval {
  const count = differences.length;
  const next = random(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += differences[Math.floor(next() * count)] as number;
    return sum / count;
  }).sort();
  return {
    mean: meanOf(differences),
    low: means[Math.floor(resamples * 0.025)] as number,
    high: means[Math.ceil(resamples * 0.975) - 1] as number,
    count,
  };
}

/** Fewer than of a mean: whatever the statistic, each takes a pass over the rows. */
const statisticResamples = 1000;

/** The percentile bootstrap's 95 % intervals of statistics of `count` rows, which are given by number, some repeatedly. */
export function bootstrapInterval(
  count: number,
  statistics: (drawn: Uint32Array) => readonly number[],
  seed: number,
): readonly { readonly low: number; readonly high: number }[] {
  const next = random(seed);
  const drawn = new Uint32Array(count);
  const found: (readonly number[])[] = [];
  for (let round = 0; round < statisticResamples; round++) {
    for (let i = 0; i < count; i++) drawn[i] = Math.floor(next() * count);
    found.push(statistics(drawn));
  }
  return (found[0] ?? []).map((_, which) => {
    const sorted = Float64Array.from(found, (one) => one[which] as number).sort();
    return {
      low: sorted[Math.floor(statisticResamples * 0.025)] as number,
      high: sorted[Math.ceil(statisticResamples * 0.975) - 1] as number,
    };
  });
}

/** NaN of nothing. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

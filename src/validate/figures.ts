import { domainNames } from "../domains.ts";
import { type Interval, meanOf, pairedBootstrap } from "../math/bootstrap.ts";
import type { HeldOut } from "./held-out.ts";
import { domainIndex } from "./past.ts";
import type { Strategy } from "./strategy.ts";

export interface DomainFigures {
  readonly queries: number;
  readonly quality: number;
  /** Over the best single model. */
  readonly gain: number;
}

/** How a strategy did. Means are over the queries that it has an answer to. */
export interface StrategyFigures extends Omit<Strategy, "weights"> {
  readonly queries: number;
  readonly quality: number;
  /** Seconds and cost of the chosen answers; only where every record has them. */
  readonly latencySeconds?: number;
  readonly cost?: number;
  /** Share of all queries whose chosen answer is as good as the best, and better than worthless. */
  readonly bestShare: number;
  /** Quality less the best single model's, paired by query, 95 %. */
  readonly gain: Interval;
  /** As `gain`, of value: quality and speed as training weighs them, over the model of best value. Where timed. */
  readonly valueGain?: Interval;
  /** The gain as a share of what the oracle gains; null where that is nothing. */
  readonly gapClosed: number | null;
  /** Quality of the oracle less this. */
  readonly regret: number;
  /** Quality less the category table's of the same categories, paired by query, 95 %. Of selectors. */
  readonly overTable?: Interval;
  /** By model: how often it is chosen. They sum to 1. */
  readonly shares: Readonly<Record<string, number>>;
  /** By the record's category. */
  readonly domains: Readonly<Record<string, DomainFigures>>;
}

/** What strategies are measured against. */
export interface Marks {
  readonly single: Strategy;
  readonly oracle: Strategy;
  readonly table?: Strategy | undefined;
  /** By query and model, what each answer is worth, and the single model that is best in it. Of timed data. */
  readonly value?: { readonly cells: Float64Array; readonly single: Strategy } | undefined;
  readonly seed: number;
}

export function figuresOfStrategy(
  held: HeldOut,
  strategy: Strategy,
  marks: Marks,
): StrategyFigures {
  const { models, qualities, latencies, costs, categories } = held;
  const { weights, ...facts } = strategy;
  const own = expected(weights, qualities, models.length);
  const single = expected(marks.single.weights, qualities, models.length);
  const best = expected(marks.oracle.weights, qualities, models.length);
  const rows = [...own.keys()].filter((row) => !Number.isNaN(own[row]));
  const mean = (values: Float64Array): number => meanOf(rows.map((row) => values[row] as number));
  const pairs = (one: Float64Array, other: Float64Array): number[] =>
    rows
      .map((row) => (one[row] as number) - (other[row] as number))
      .filter((value) => !Number.isNaN(value));
  const less = (other: Float64Array): number[] => pairs(own, other);
  const worth = ({ weights: chosen }: Pick<Strategy, "weights">) =>
    expected(chosen, marks.value?.cells ?? qualities, models.length);
  const gain = pairedBootstrap(less(single), marks.seed);
  const gap = mean(best) - mean(single);
  const table = marks.table && expected(marks.table.weights, qualities, models.length);
  return {
    ...facts,
    queries: rows.length,
    quality: mean(own),
    ...(latencies && { latencySeconds: mean(expected(weights, latencies, models.length)) }),
    ...(costs && { cost: mean(expected(weights, costs, models.length)) }),
    bestShare: bestShare(held, weights, best),
    gain,
    ...(marks.value && {
      valueGain: pairedBootstrap(pairs(worth(strategy), worth(marks.value.single)), marks.seed),
    }),
    gapClosed: Math.abs(gap) < 1e-12 ? null : gain.mean / gap,
    regret: mean(best) - mean(own),
    ...(table && { overTable: pairedBootstrap(less(table), marks.seed) }),
    shares: Object.fromEntries(
      models.map((model, column) => [
        model,
        meanOf(rows.map((row) => weights[row * models.length + column] as number)),
      ]),
    ),
    domains: byDomain(rows, categories, own, single),
  };
}

/** By query: the mean of `values` under the strategy's probabilities; NaN where it has none. */
export function expected(weights: Float64Array, values: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: weights.length / width }, (_, row) => {
    let [sum, total] = [0, 0];
    for (let cell = row * width; cell < (row + 1) * width; cell++) {
      const weight = weights[cell] as number;
      if (weight === 0) continue;
      sum += weight * (values[cell] as number);
      total += weight;
    }
    return total === 0 ? Number.NaN : sum;
  });
}

/** A query that nobody answered at all well has no best model, as in the seeds; but every one of equals is best. */
function bestShare(
  { models, qualities, queries }: HeldOut,
  weights: Float64Array,
  best: Float64Array,
): number {
  let sum = 0;
  qualities.forEach((quality, cell) => {
    const most = best[Math.floor(cell / models.length)] as number;
    if (most > 0 && quality === most) sum += weights[cell] as number;
  });
  return sum / queries.length;
}

function byDomain(
  rows: readonly number[],
  categories: readonly string[],
  own: Float64Array,
  single: Float64Array,
): Readonly<Record<string, DomainFigures>> {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const name = domainNames[domainIndex(categories[row] as string)] as string;
    const group = groups.get(name) ?? [];
    group.push(row);
    groups.set(name, group);
  }
  return Object.fromEntries(
    [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, members]) => {
        const quality = meanOf(members.map((row) => own[row] as number));
        const gain = quality - meanOf(members.map((row) => single[row] as number));
        return [name, { queries: members.length, quality, gain }];
      }),
  );
}

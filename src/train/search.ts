import { meanOf } from "../math/bootstrap.ts";
import type { KernelRows } from "../math/kernel-rows.ts";
import type { Fold } from "./folds.ts";
import { bestModel, type TrainingSet } from "./training-set.ts";

/** A setting and how it did on queries that it was not fitted on. */
export interface Tried<T> {
  readonly settings: T;
  /** Mean value of the chosen answers. */
  readonly value: number;
  /** Of each query, in the same order for all settings of one search. */
  readonly chosen: ArrayLike<number>;
}

export const triedOf = <T>(settings: T, chosen: ArrayLike<number>): Tried<T> => ({
  settings,
  value: meanOf(chosen),
  chosen,
});

/**
 * Everything that a search for settings works on. `products` are those of all rows scaled to length 1: a number for each
 * pair, so they are made when they are first asked for, and once.
 */
export interface Search {
  readonly set: TrainingSet;
  readonly folds: readonly Fold[];
  readonly products: () => KernelRows;
  readonly seed: number;
}

/** The first of the best. */
export const bestOf = <T>(tried: readonly Tried<T>[]): Tried<T> =>
  tried.reduce((best, other) => (other.value > best.value ? other : best));

/**
 * The best setting of the first family that is no worse than the best of all by more than one standard error of their
 * difference, query by query (after Breiman et al. 1984, section 3.4.3). Lists put simple families first: the best of many
 * settings is the best by luck in part, and one more kind of machine is more luck.
 */
export function simplestOf<T>(
  tried: readonly Tried<T>[],
  familyOf: (settings: T) => unknown,
): Tried<T> {
  const best = bestOf(tried);
  const families = Map.groupBy(tried, ({ settings }) => familyOf(settings));
  const close = [...families.values()]
    .map(bestOf)
    .find((one) => best.value - one.value <= standardError(best.chosen, one.chosen));
  return close ?? best;
}

/** Of the mean of paired differences. */
function standardError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const differences = Float64Array.from(a, (value, at) => value - (b[at] as number));
  const mean = meanOf(differences);
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, a.length - 1) / a.length);
}

/** By query of `rows`: value of the answered model of highest score. */
export function chosenByScores(
  { models, values }: TrainingSet,
  rows: ArrayLike<number>,
  scoreOf: (row: number, model: number) => number,
): Float64Array {
  return Float64Array.from(rows, (row) => {
    const scores = Float64Array.from(models, (_, model) =>
      Number.isNaN(values[row * models.length + model])
        ? Number.NEGATIVE_INFINITY
        : scoreOf(row, model),
    );
    return values[row * models.length + bestModel(scores)] as number;
  });
}

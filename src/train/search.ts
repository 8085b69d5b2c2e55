import { meanOf } from "../math/bootstrap.ts";
import type { KernelRows } from "../math/kernel-rows.ts";
import type { Fold } from "./folds.ts";
import { bestModel, type TrainingSet } from "./training-set.ts";

/** A setting and how it did on queries that it was not fitted on. */
export interface Tried<T> {
  readonly settings: T;
  /** Mean value of the chosen answers. */
  readonly value: number;
}

/** Everything that a search for settings works on. `products` are those of all rows scaled to length 1. */
export interface Search {
  readonly set: TrainingSet;
  readonly folds: readonly Fold[];
  readonly products: KernelRows;
  readonly seed: number;
}

/** The first of the best, so that lists put what is simpler first. */
export const bestOf = <T>(tried: readonly Tried<T>[]): Tried<T> =>
  tried.reduce((best, other) => (other.value > best.value ? other : best));

/** Mean value of choosing, for each query of `rows`, the answered model of highest score. */
export function valueOfScores(
  { models, values }: TrainingSet,
  rows: ArrayLike<number>,
  scoreOf: (row: number, model: number) => number,
): number {
  return meanOf(
    Float64Array.from(rows, (row) => {
      const scores = Float64Array.from(models, (_, model) =>
        Number.isNaN(values[row * models.length + model])
          ? Number.NEGATIVE_INFINITY
          : scoreOf(row, model),
      );
      return values[row * models.length + bestModel(scores)] as number;
    }),
  );
}

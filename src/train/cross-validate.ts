import type { Artifact } from "../artifact/artifact.ts";
import { type Interval, meanOf, pairedBootstrap } from "../math/bootstrap.ts";
import { openSelector } from "../select/open-selector.ts";
import { fitCategoryTable } from "./category-table.ts";
import type { Fold } from "./folds.ts";
import { judge, noOutcome, type Outcome } from "./outcome.ts";
import { categoriesAlone, meansOf, subset, type TrainingSet } from "./training-set.ts";

/** How a selector did on queries that it was not fitted on. */
export interface Figures {
  /** Mean quality of the chosen answers, and of those of the model that is best on the training part. */
  readonly quality: number;
  readonly bestSingle: number;
  /** Of the best possible choice. */
  readonly oracle: number;
  /** Quality less the best single model's, with a paired bootstrap's 95 % interval. */
  readonly gain: Interval;
  /** The same of value: quality and speed. Only where the data has latencies. */
  readonly valueGain?: Interval;
  /** Mean quality of the category table, fitted on the same parts: the best model of each category, the query unread. */
  readonly table?: number;
  /** Quality less the table's. A selector that is not above 0 has learned nothing useful from the query. */
  readonly overTable?: Interval;
}

/**
 * Fits on each fold's training part and lets the selector that serving uses choose on the rest. Settings must be fixed
 * before; those that a search chose on the same folds look better here than they are, by a little.
 */
export function crossValidate(
  set: TrainingSet,
  folds: readonly Fold[],
  seed: number,
  learn: (part: TrainingSet) => Artifact,
  table?: Outcome,
): Figures {
  const outcome = noOutcome();
  for (const { train, test } of folds) {
    const part = subset(set, train);
    const { select } = openSelector(learn(part));
    judge(subset(set, test), meansOf(part), select, outcome);
  }
  const figures = figuresOf(outcome, set.latencies !== undefined, seed);
  if (!table) return figures;
  const over = outcome.chosenQuality.map(
    (quality, at) => quality - (table.chosenQuality[at] as number),
  );
  return {
    ...figures,
    table: meanOf(table.chosenQuality),
    overTable: pairedBootstrap(over, seed),
  };
}

/** What the category table chooses for the queries of the folds, in the order of `crossValidate`. */
export function tableOutcome(set: TrainingSet, folds: readonly Fold[], seed: number): Outcome {
  const outcome = noOutcome();
  const blind = categoriesAlone(set);
  for (const { train, test } of folds) {
    const part = subset(blind, train);
    const { select } = openSelector(fitCategoryTable(part, seed).artifact);
    judge(subset(blind, test), meansOf(part), select, outcome);
  }
  return outcome;
}

export function figuresOf(outcome: Outcome, timed: boolean, seed: number): Figures {
  const { chosen, single, chosenQuality, singleQuality, oracleQuality } = outcome;
  const less = (a: readonly number[], b: readonly number[]) =>
    a.map((value, at) => value - (b[at] as number));
  return {
    quality: meanOf(chosenQuality),
    bestSingle: meanOf(singleQuality),
    oracle: meanOf(oracleQuality),
    gain: pairedBootstrap(less(chosenQuality, singleQuality), seed),
    ...(timed && { valueGain: pairedBootstrap(less(chosen, single), seed) }),
  };
}

/** `+3.21 points [+2.10, +4.30]` */
export function gainText({ mean, low, high }: Interval): string {
  const points = (share: number) => (share < 0 ? "" : "+") + (100 * share).toFixed(2);
  return `${points(mean)} points [${points(low)}, ${points(high)}]`;
}

import { bootstrapInterval } from "../../math/bootstrap.ts";
import {
  accuracyOf,
  type ConfidenceBin,
  calibrationError,
  confidenceBins,
  confusionOf,
  figuresOfLabels,
  macroF1,
  macroF1OfAll,
  type Verdict,
} from "../../math/classification.ts";

/** A verdict with what it is counted by. */
export interface TaskVerdict extends Verdict {
  readonly task: string;
  readonly source: string;
}

/** Keys of the reference first; what follows `confusion_matrix` is ours. */
export interface Block {
  readonly rows: number;
  readonly accuracy: number;
  /** Mean over the labels that rows have. */
  readonly macro_f1: number;
  readonly weighted_f1: number;
  /** The same number as the accuracy, every row having one label and one answer. */
  readonly micro_f1: number;
  readonly labels: readonly string[];
  /** [true][predicted] */
  readonly confusion_matrix: readonly (readonly number[])[];
  /** Mean over the labels that rows have or were given, as the reference counts it. */
  readonly macro_f1_upstream: number;
  /** Of saying the most frequent label every time. */
  readonly majority_baseline: number;
  readonly calibration_error: number;
  readonly calibration: readonly ConfidenceBin[];
  readonly support: Readonly<Record<string, number>>;
  /** 95 %, by bootstrap over the rows. */
  readonly intervals: {
    readonly accuracy: readonly number[];
    readonly macro_f1: readonly number[];
  };
}

export interface TaskBlock extends Block {
  /** Always 0: an answer is one of the labels of the task that was asked for. */
  readonly wrong_task_predictions: 0;
  readonly wrong_task_rate: 0;
  readonly by_source: Readonly<
    Record<string, { readonly rows: number; readonly accuracy: number }>
  >;
}

/** Sources whose figures are told: those with most rows. */
const mostSources = 20;

/** `labels` must hold every label that a verdict has. */
export function blockOf(
  verdicts: readonly Verdict[],
  labels: readonly string[],
  seed: number,
): Block {
  const confusion = confusionOf(verdicts, labels);
  const figures = figuresOfLabels(confusion);
  const accuracy = accuracyOf(verdicts);
  const weighted = figures.reduce((sum, { f1, support }) => sum + f1 * support, 0);
  return {
    rows: verdicts.length,
    accuracy: rounded(accuracy),
    macro_f1: rounded(macroF1(figures)),
    weighted_f1: rounded(weighted / Math.max(1, verdicts.length)),
    micro_f1: rounded(accuracy),
    labels,
    confusion_matrix: confusion,
    macro_f1_upstream: rounded(macroF1OfAll(figures)),
    majority_baseline: rounded(
      Math.max(0, ...figures.map(({ support }) => support)) / Math.max(1, verdicts.length),
    ),
    calibration_error: rounded(calibrationError(verdicts)),
    calibration: confidenceBins(verdicts).map((bin) => ({
      count: bin.count,
      confidence: rounded(bin.confidence),
      accuracy: rounded(bin.accuracy),
    })),
    support: Object.fromEntries(labels.map((label, i) => [label, figures[i]?.support ?? 0])),
    intervals: intervalsOf(verdicts, labels, seed),
  };
}

export function taskBlockOf(
  verdicts: readonly TaskVerdict[],
  labels: readonly string[],
  seed: number,
): TaskBlock {
  const sources = [...Map.groupBy(verdicts, ({ source }) => source)]
    .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .slice(0, mostSources);
  return {
    ...blockOf(verdicts, labels, seed),
    wrong_task_predictions: 0,
    wrong_task_rate: 0,
    by_source: Object.fromEntries(
      sources.map(([source, own]) => [
        source,
        { rows: own.length, accuracy: rounded(accuracyOf(own)) },
      ]),
    ),
  };
}

function intervalsOf(verdicts: readonly Verdict[], labels: readonly string[], seed: number) {
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const numberOf = (label: string): number => {
    const number = numbers.get(label);
    if (number === undefined) throw new Error(`unreachable: ${label} is not among the labels`);
    return number;
  };
  const actual = Int32Array.from(verdicts, (one) => numberOf(one.actual));
  const predicted = Int32Array.from(verdicts, (one) => numberOf(one.predicted));
  const count = verdicts.length;
  if (count === 0) return { accuracy: [], macro_f1: [] };
  const [accuracy, macro] = bootstrapInterval(
    count,
    (drawn) => {
      const [right, support, given] = [0, 1, 2].map(() => new Float64Array(labels.length)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      for (const row of drawn) {
        const [a, p] = [actual[row] as number, predicted[row] as number];
        support[a] = (support[a] as number) + 1;
        given[p] = (given[p] as number) + 1;
        if (a === p) right[a] = (right[a] as number) + 1;
      }
      const figures = labels.map((_, l) => ({
        f1: (2 * (right[l] as number)) / Math.max(1, (support[l] as number) + (given[l] as number)),
        support: support[l] as number,
      }));
      const present = figures.filter((one) => one.support > 0);
      return [
        right.reduce((sum, one) => sum + one, 0) / count,
        present.reduce((sum, { f1 }) => sum + f1, 0) / present.length,
      ];
    },
    seed,
  );
  return {
    accuracy: [accuracy?.low ?? 0, accuracy?.high ?? 0].map(rounded),
    macro_f1: [macro?.low ?? 0, macro?.high ?? 0].map(rounded),
  };
}

/** As scikit-learn's classification_report. */
export function reportOf(verdicts: readonly Verdict[], labels: readonly string[]) {
  const figures = figuresOfLabels(confusionOf(verdicts, labels));
  const rows = figures.map(({ precision, recall, f1, support }) => ({
    precision: rounded(precision),
    recall: rounded(recall),
    "f1-score": rounded(f1),
    support,
  }));
  const present = rows.filter(({ support }) => support > 0);
  const mean = (weight: (support: number) => number) => {
    const total = present.reduce((sum, { support }) => sum + weight(support), 0);
    const of = (key: "precision" | "recall" | "f1-score"): number =>
      rounded(
        present.reduce((sum, row) => sum + row[key] * weight(row.support), 0) / Math.max(1, total),
      );
    return {
      precision: of("precision"),
      recall: of("recall"),
      "f1-score": of("f1-score"),
      support: verdicts.length,
    };
  };
  return {
    ...Object.fromEntries(labels.map((label, i) => [label, rows[i]])),
    accuracy: rounded(accuracyOf(verdicts)),
    "macro avg": mean(() => 1),
    "weighted avg": mean((support) => support),
  };
}

const rounded = (value: number): number => Number(value.toFixed(6));

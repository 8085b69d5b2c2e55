/** What a classifier said of one text whose label is known. */
export interface Verdict<Label extends string = string> {
  readonly actual: Label;
  readonly predicted: Label;
  /** Of the predicted label, 0 to 1. */
  readonly confidence: number;
}

export function accuracyOf(verdicts: readonly Verdict[]): number {
  const right = verdicts.filter(({ actual, predicted }) => actual === predicted);
  return right.length / Math.max(1, verdicts.length);
}

/** Mean distance of confidence and accuracy over ten bins of confidence: 0 is honest. */
export function calibrationError(verdicts: readonly Verdict[]): number {
  let error = 0;
  for (const { count, confidence, accuracy } of confidenceBins(verdicts)) {
    error += (count / verdicts.length) * Math.abs(confidence - accuracy);
  }
  return error;
}

export interface ConfidenceBin {
  readonly count: number;
  /** Mean of the bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** Ten bins of equal width, those without a verdict left out, the least confident first. */
export function confidenceBins(verdicts: readonly Verdict[]): readonly ConfidenceBin[] {
  const bins = Map.groupBy(verdicts, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)));
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([, bin]) => ({
      count: bin.length,
      confidence: bin.reduce((sum, { confidence }) => sum + confidence, 0) / bin.length,
      accuracy: accuracyOf(bin),
    }));
}

/** [actual][predicted], both in the order of `labels`; a label that is not among them is left out. */
export function confusionOf(verdicts: readonly Verdict[], labels: readonly string[]): number[][] {
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const table = labels.map(() => labels.map(() => 0));
  for (const { actual, predicted } of verdicts) {
    const row = table[numbers.get(actual) ?? -1];
    const column = numbers.get(predicted);
    if (row && column !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return table;
}

export interface LabelFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Texts that have the label. */
  readonly support: number;
  /** Texts that were given it. */
  readonly predicted: number;
}

/** Of each row of a confusion table. What would be 0 of 0 is 0, as scikit-learn has it. */
export function figuresOfLabels(
  confusion: readonly (readonly number[])[],
): readonly LabelFigures[] {
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return confusion.map((row, i) => {
    const right = row[i] ?? 0;
    const support = row.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, other) => sum + (other[i] ?? 0), 0);
    return {
      precision: share(right, predicted),
      recall: share(right, support),
      f1: share(2 * right, support + predicted),
      support,
      predicted,
    };
  });
}

/** Mean F1 over the labels that occur: one that is only ever predicted wrongly costs the others, and is no label here. */
export const macroF1 = (labels: readonly LabelFigures[]): number =>
  meanF1(labels.filter(({ support }) => support > 0));

/** Mean F1 over the labels that occur or are predicted, as scikit-learn's f1_score without `labels`. */
export const macroF1OfAll = (labels: readonly LabelFigures[]): number =>
  meanF1(labels.filter(({ support, predicted }) => support + predicted > 0));

const meanF1 = (labels: readonly LabelFigures[]): number =>
  labels.reduce((sum, { f1 }) => sum + f1, 0) / Math.max(1, labels.length);

import { type DomainName, domainNames } from "../../domains.ts";

/** What the classifier said of one text whose domain is known. */
export interface Verdict {
  readonly actual: DomainName;
  readonly predicted: DomainName;
  /** Of the predicted domain. */
  readonly confidence: number;
}

export interface Figures {
  readonly n: number;
  readonly accuracy: number;
  readonly macro_f1: number;
  /** Mean distance of confidence and accuracy over ten bins of confidence: 0 is honest. */
  readonly calibration_error: number;
}

export function figuresOf(verdicts: readonly Verdict[]): Figures {
  return {
    n: verdicts.length,
    accuracy: rounded(accuracyOf(verdicts)),
    macro_f1: rounded(macroF1(verdicts)),
    calibration_error: rounded(calibrationError(verdicts)),
  };
}

/** The figures of every value of `key`, in its alphabetical order. */
export function figuresBy<T extends Verdict>(
  verdicts: readonly T[],
  key: (verdict: T) => string,
): Record<string, Figures> {
  const groups = Object.entries(Object.groupBy(verdicts, key));
  return Object.fromEntries(
    groups
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, group]) => [name, figuresOf(group ?? [])]),
  );
}

export function accuracyOf(verdicts: readonly Verdict[]): number {
  const right = verdicts.filter(({ actual, predicted }) => actual === predicted);
  return right.length / Math.max(1, verdicts.length);
}

/** Of each domain: the accuracy on its own texts, and its F1, for which those of the others count too. */
export function figuresByDomain(verdicts: readonly Verdict[]): Record<string, Figures> {
  const groups = figuresBy(verdicts, ({ actual }) => actual);
  return Object.fromEntries(
    Object.entries(groups).map(([name, figures]) => [
      name,
      { ...figures, macro_f1: rounded(f1(verdicts, name as DomainName)) },
    ]),
  );
}

/** Mean over the domains that occur. */
function macroF1(verdicts: readonly Verdict[]): number {
  const present = domainNames.filter((name) => verdicts.some(({ actual }) => actual === name));
  const sum = present.reduce((total, name) => total + f1(verdicts, name), 0);
  return sum / Math.max(1, present.length);
}

function f1(verdicts: readonly Verdict[], name: DomainName): number {
  const actual = verdicts.filter((verdict) => verdict.actual === name).length;
  const predicted = verdicts.filter((verdict) => verdict.predicted === name);
  const right = predicted.filter((verdict) => verdict.actual === name).length;
  return (2 * right) / Math.max(1, actual + predicted.length);
}

function calibrationError(verdicts: readonly Verdict[]): number {
  const bins = Map.groupBy(verdicts, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)));
  let error = 0;
  for (const bin of bins.values()) {
    const confidence = bin.reduce((sum, verdict) => sum + verdict.confidence, 0) / bin.length;
    error += (bin.length / verdicts.length) * Math.abs(confidence - accuracyOf(bin));
  }
  return error;
}

const rounded = (value: number): number => Number(value.toFixed(4));

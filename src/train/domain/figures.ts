import { type DomainName, domainNames } from "../../domains.ts";
import {
  type Verdict as AnyVerdict,
  accuracyOf,
  calibrationError,
  confusionOf,
  figuresOfLabels,
  macroF1,
} from "../../math/classification.ts";

export type Verdict = AnyVerdict<DomainName>;

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
    macro_f1: rounded(macroF1(byDomain(verdicts))),
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

/** Of each domain: the accuracy on its own texts, and its F1, for which those of the others count too. */
export function figuresByDomain(verdicts: readonly Verdict[]): Record<string, Figures> {
  const groups = figuresBy(verdicts, ({ actual }) => actual);
  return Object.fromEntries(
    Object.entries(groups).map(([name, figures]) => [
      name,
      {
        ...figures,
        macro_f1: rounded(byDomain(verdicts)[domainNames.indexOf(name as DomainName)]?.f1 ?? 0),
      },
    ]),
  );
}

/** In the order of `domainNames`. */
const byDomain = (verdicts: readonly Verdict[]) =>
  figuresOfLabels(confusionOf(verdicts, domainNames));

const rounded = (value: number): number => Number(value.toFixed(4));

import type { Interval } from "../math/bootstrap.ts";
import type { StrategyFigures } from "./figures.ts";
import type { Leakage } from "./leakage.ts";
import type { Validation } from "./validate.ts";

/** A release gate: what the selectors had to gain, and whether they did. */
export interface Gate {
  /** Points of quality over the best single model; of the mean, and of the interval's lower end. */
  readonly failUnder?: number;
  readonly failUnderLower?: number;
  readonly passed: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly gain: number;
    readonly lower: number;
    readonly passed: boolean;
  }[];
  /** Why it says no whatever the figures are. */
  readonly refusal?: string;
}

/** Everything that `signalbox validate` found: report.json. */
export interface Report extends Validation {
  readonly data: {
    readonly file: string;
    readonly sha256: string;
    /** Judged on. */
    readonly queries: number;
    readonly models: readonly string[];
    readonly testSplit: number;
    readonly seed: number;
    /** The test split is what `train --hold-out` left out. */
    readonly heldOut?: true;
    /** Queries of the test split that were left out: too few answers, or trained on. */
    readonly withoutChoice: number;
    readonly seen: number;
  };
  readonly selectors: readonly {
    readonly algorithm: string;
    readonly file: string;
    readonly sha256: string;
  }[];
  readonly embedder: { readonly name: string; readonly revision: string };
  /** Share of queries whose predicted category is the record's. */
  readonly categoryAgreement: number;
  readonly leakage: Leakage;
  readonly gate?: Gate;
  readonly warnings: readonly string[];
  readonly date?: string;
}

/** `--fail-under` looks at what production does: the predicted category. */
export function gateOf(
  strategies: readonly StrategyFigures[],
  leakage: Leakage,
  limits: { readonly failUnder?: number | undefined; readonly failUnderLower?: number | undefined },
): Gate | undefined {
  const { failUnder, failUnderLower } = limits;
  if (failUnder === undefined && failUnderLower === undefined) return undefined;
  const checks = strategies
    .filter(({ kind, category }) => kind === "selector" && category === "predicted")
    .map(({ name, gain }) => {
      const [mean, lower] = [100 * gain.mean, 100 * gain.low];
      const passed =
        mean >= (failUnder ?? Number.NEGATIVE_INFINITY) &&
        lower >= (failUnderLower ?? Number.NEGATIVE_INFINITY);
      return { name, gain: mean, lower, passed };
    });
  const refusal =
    leakage.counted && leakage.seen > 0
      ? `${leakage.seen} of the queries were trained on and are counted`
      : undefined;
  return {
    ...(failUnder !== undefined && { failUnder }),
    ...(failUnderLower !== undefined && { failUnderLower }),
    passed: refusal === undefined && checks.length > 0 && checks.every(({ passed }) => passed),
    checks,
    ...(refusal && { refusal }),
  };
}

/** What a reader must know before believing the figures. */
export function cautionsOf({
  strategies,
  bestSingleBy,
  bestSingle,
  leakage,
}: Pick<Report, "strategies" | "bestSingleBy" | "bestSingle" | "leakage">): readonly string[] {
  return [
    ...leakageCautions(leakage),
    ...(bestSingleBy === "test queries"
      ? [
          `nothing is known of the training data, so the best single model (${bestSingle}) was chosen on the test queries: gains over it are understated, and there is no category table. Give --training-file`,
        ]
      : []),
    ...(bestSingleBy === "training record"
      ? [
          "of the training data only its record is known, so there is no category table. Give --training-file",
        ]
      : []),
    ...strategies.flatMap(({ name, refused, queries }) =>
      refused
        ? [`${name} knows none of the models that answered ${refused} of ${queries} queries`]
        : [],
    ),
    ...strategies.flatMap((one) => (one.overTable ? learnedNothing(one.name, one.overTable) : [])),
  ];
}

function learnedNothing(name: string, over: Interval): readonly string[] {
  if (over.low > 0) return [];
  const shown = gainShort(over);
  return [
    over.mean <= 0
      ? `${name} does not beat the category table (${shown}): nothing shows that it learned from the text more than its category`
      : `${name} is ahead of the category table by ${shown}, which may be chance: it is not shown to have learned from the text more than its category`,
  ];
}

function leakageCautions({ verdict, by, seen, counted }: Leakage): readonly string[] {
  if (verdict === "unknown") {
    return [
      "LEAKAGE UNKNOWN: neither --training-file nor train's training_queries.json nor a knn file says which queries were trained on; figures of queries that were are too good",
    ];
  }
  if (seen === 0) return [];
  const found =
    by === "file hash" ? "the selectors were trained on this very file" : `found by ${by}`;
  return [
    counted
      ? `LEAKAGE: ${seen} queries were trained on (${found}) and are counted: the figures are too good`
      : `${seen} queries were trained on (${found}) and are left out`,
  ];
}

/** `+3.21 [+2.10, +4.30]`, in points. */
export const gainShort = ({ mean, low, high }: Interval): string =>
  `${points(mean)} [${points(low)}, ${points(high)}]`;

/** A share as signed points. */
export const points = (share: number): string => (share < 0 ? "" : "+") + (100 * share).toFixed(2);

export const percent = (share: number | null): string =>
  share === null ? "-" : `${(100 * share).toFixed(1)}%`;

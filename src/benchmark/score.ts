import { scoreChoice } from "./choice.ts";
import { scoreGsm8k } from "./gsm8k.ts";
import { scoreMath } from "./mathematics.ts";
import { scoreContained, scoreCoverage, scoreF1 } from "./words.ts";

/** How a response is judged: the `metric` of a query, or em_mc for one with `choices`. */
export type Metric =
  | "em_mc"
  | "gsm8k"
  | "math"
  | "f1_score"
  | "code_eval"
  | "commongen_coverage"
  | "cem";

const metrics: Readonly<Record<string, Metric>> = {
  em_mc: "em_mc",
  gsm8k: "gsm8k",
  math: "math",
  f1_score: "f1_score",
  code_eval: "code_eval",
  commongen_coverage: "commongen_coverage",
  cem: "cem",
};

export interface Question {
  readonly groundTruth?: string | undefined;
  readonly metric?: string | undefined;
  readonly choices?: readonly string[] | undefined;
}

/** The metric of a name, in any case; undefined for a name that is none. */
export function metricNamed(name: string): Metric | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(metrics, key) ? metrics[key] : undefined;
}

/** As the reference chooses: code stays code, choices make any other metric em_mc, and an unknown name is CEM. */
export function metricOf({ metric, choices }: Question): Metric {
  const named = metric === undefined ? undefined : metricNamed(metric);
  if (named === "code_eval") return named;
  if (choices !== undefined && choices.length > 0) return "em_mc";
  return named ?? "cem";
}

/**
 * How right a response is, from 0 to 1; undefined when the question's truth says nothing to judge by. Not for
 * `code_eval`, which runs the code.
 */
export function score(response: string, question: Question): number | undefined {
  const { groundTruth = "", choices = [] } = question;
  const metric = metricOf(question);
  if (groundTruth.trim() === "" || metric === "code_eval") return undefined;
  if (response.trim().toLowerCase() === groundTruth.trim().toLowerCase()) return 1;
  switch (metric) {
    case "em_mc":
      return scoreChoice(response, groundTruth, choices);
    case "gsm8k":
      return scoreGsm8k(response, groundTruth);
    case "math":
      return scoreMath(response, groundTruth);
    case "f1_score":
      return scoreF1(response, groundTruth);
    case "commongen_coverage":
      return scoreCoverage(response, groundTruth);
    case "cem":
      return scoreContained(response, groundTruth);
  }
}

import { candidateName, type ModelRef } from "./config/schema.ts";
import type { DecisionMatch } from "./decide/decide.ts";
import { type ErrorCode, RouterError } from "./errors.ts";
import type { Router } from "./router.ts";
import { features } from "./select/features.ts";
import type { Score, SelectorAlgorithm } from "./select/selector.ts";

/** Why this model. A closed list: it is a metric label and a header. */
export type RouteReason =
  | "selected"
  | "single_candidate"
  | "first_candidate"
  | "no_decision"
  | ErrorCode;

export interface Choice {
  /** Model, or LoRA adapter, to send the request to. */
  readonly model: string;
  readonly algorithm: SelectorAlgorithm | "single" | "static" | "default";
  readonly reason: RouteReason;
  readonly reasoning: boolean;
  /** Of every candidate, best first; empty when no selector was asked. */
  readonly scores: readonly Score[];
  /** What went wrong when `reason` is an error code. For the log, never for the client. */
  readonly fault?: RouterError;
}

/**
 * One of the decision's models, or the default one without a decision. A selector's error must not pass as a choice:
 * the default model is used and the reason says so.
 */
export function choose(
  router: Router,
  match: DecisionMatch | undefined,
  vector: Float32Array,
  domain: string,
): Choice {
  if (!match) return defaultChoice(router, "no_decision");
  const { name, modelRefs } = match.decision;
  const [first, ...others] = modelRefs;
  if (!first) throw new Error("unreachable: a decision has at least one model");
  const selector = router.selectors.get(name);
  if (!selector || others.length === 0) {
    return {
      model: candidateName(first),
      algorithm: others.length === 0 ? "single" : "static",
      reason: others.length === 0 ? "single_candidate" : "first_candidate",
      reasoning: first.use_reasoning,
      scores: [],
    };
  }
  try {
    const x = features(vector, domain, selector.categories);
    const { model, scores } = selector.select(x, candidatesOf(modelRefs));
    const ref = modelRefs.find((candidate) => candidateName(candidate) === model);
    return {
      model,
      algorithm: selector.algorithm,
      reason: "selected",
      reasoning: ref?.use_reasoning ?? false,
      scores,
    };
  } catch (thrown) {
    const fault = RouterError.from(thrown);
    return { ...defaultChoice(router, fault.code), fault };
  }
}

/** The same list for the same decision: a selector keeps what it works out for one. */
function candidatesOf(modelRefs: readonly ModelRef[]): readonly string[] {
  const known = candidateLists.get(modelRefs);
  if (known) return known;
  const names = modelRefs.map(candidateName);
  candidateLists.set(modelRefs, names);
  return names;
}

const candidateLists = new WeakMap<readonly ModelRef[], readonly string[]>();

export function defaultChoice(router: Router, reason: RouteReason): Choice {
  const model = router.config.default_model;
  return { model, algorithm: "default", reason, reasoning: false, scores: [] };
}

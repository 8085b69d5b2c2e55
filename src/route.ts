import type { DomainConfidence } from "./classify/domain.ts";
import { domainSignals } from "./classify/signal.ts";
import { candidateName } from "./config/schema.ts";
import { type DecisionMatch, decide } from "./decide/decide.ts";
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

interface Choice {
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

/** The outcome of routing one request: what headers, logs, metrics and `explain` are made of. */
export interface Route extends Choice {
  /** Name of the decision that matched. */
  readonly decision?: string;
  /** Domain routed on: the most likely one, or the fallback category below the threshold. */
  readonly domain?: string;
  /** Of the decision when one matched, else of the domain; 0 to 1. */
  readonly confidence: number;
  readonly domains: readonly DomainConfidence[];
  readonly matchedRules: readonly string[];
  /** The embedding came from the cache. */
  readonly cached: boolean;
  /** The query was longer than the embedder reads. */
  readonly truncated: boolean;
  readonly timingsMs: Readonly<
    Record<"embed" | "classify" | "decide" | "select" | "total", number>
  >;
}

/** The path of a request: embed, classify, decide, select. Rejects only when it could not embed. */
export async function route(router: Router, query: string, signal?: AbortSignal): Promise<Route> {
  const { config, embedder, classifier } = router;
  const started = performance.now();
  const [embedding] = await embedder.embed([query], signal);
  if (!embedding) throw new Error("unreachable: one text in, one embedding out");
  const embedded = performance.now();
  const domains = classifier.classify(query, embedding.vector);
  const signals = domainSignals(domains, config.classifier.category_model, config.categories);
  const classified = performance.now();
  const match = decide(config.decisions, signals, config.strategy);
  const decided = performance.now();
  const [domain] = signals;
  const choice = choose(router, match, embedding.vector, domain.name);
  const selected = performance.now();
  return {
    ...choice,
    ...(match && { decision: match.decision.name }),
    domain: domain.name,
    confidence: match?.confidence ?? domain.confidence,
    domains,
    matchedRules: match?.matchedRules ?? [],
    cached: embedding.cached,
    truncated: embedding.truncated,
    timingsMs: {
      embed: embedded - started,
      classify: classified - embedded,
      decide: decided - classified,
      select: selected - decided,
      total: selected - started,
    },
  };
}

/** A selector's error must not pass as a choice: the default model is used and the reason says so. */
function choose(
  router: Router,
  match: DecisionMatch | undefined,
  vector: Float32Array,
  domain: string,
): Choice {
  if (!match) return defaultChoice(router, "no_decision");
  const [first, ...others] = match.decision.modelRefs;
  if (!first) throw new Error("unreachable: a decision has at least one model");
  const selector = router.selectors.get(match.decision.name);
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
    const { model, scores } = selector.select(x, match.decision.modelRefs.map(candidateName));
    const ref = match.decision.modelRefs.find((candidate) => candidateName(candidate) === model);
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

function defaultChoice(router: Router, reason: RouteReason): Choice {
  const model = router.config.default_model;
  return { model, algorithm: "default", reason, reasoning: false, scores: [] };
}

/**
 * Routes within `limitMs`, limits.deadline_ms by default, and never rejects: whatever fails, or takes longer, ends as
 * the default model with the error's code as the reason.
 */
export async function routeOrDefault(
  router: Router,
  query: string,
  limitMs: number = router.config.limits.deadline_ms,
): Promise<Route> {
  const started = performance.now();
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(
      new RouterError(
        "deadline_exceeded",
        `Routing took longer than ${limitMs} ms`,
        "Add replicas or CPU, or raise limits.deadline_ms together with Envoy's message_timeout",
      ),
    );
  }, limitMs);
  try {
    if (query === "") {
      throw new RouterError("no_text", "No message holds text", "Send text in a user message");
    }
    // The race is for an embedder that hangs and ignores the signal.
    return await Promise.race([route(router, query, deadline.signal), aborted(deadline.signal)]);
  } catch (thrown) {
    const fault = RouterError.from(thrown);
    const total = performance.now() - started;
    return {
      ...defaultChoice(router, fault.code),
      fault,
      confidence: 0,
      domains: [],
      matchedRules: [],
      cached: false,
      truncated: false,
      timingsMs: { embed: 0, classify: 0, decide: 0, select: 0, total },
    };
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

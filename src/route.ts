import { type Choice, choose } from "./choose.ts";
import type { DomainConfidence } from "./classify/domain.ts";
import { taskSignals } from "./classify/modelpack-signals.ts";
import { domainSignals, type Signal } from "./classify/signal.ts";
import { decide } from "./decide/decide.ts";
import type { Embedding, QueueTimes } from "./embed/embedder.ts";
import type { Router } from "./router.ts";

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
  /** Likeliest label of each task of the model pack that a condition asked for; absent when none did. */
  readonly tasks?: readonly Signal[];
  /** The embedding came from the cache. */
  readonly cached: boolean;
  /** Absent when no model ran for the embedding. */
  readonly queued?: QueueTimes;
  /** The query was longer than the embedder reads. */
  readonly truncated: boolean;
  readonly timingsMs: Readonly<
    Record<"embed" | "classify" | "decide" | "select" | "total", number>
  >;
}

/**
 * The path of a request: embed, classify, decide, select. Rejects only when it could not embed, `deadlineAt` being the
 * time of performance.now() from when on it does not try.
 */
export async function route(
  router: Router,
  query: string,
  signal?: AbortSignal,
  deadlineAt?: number,
): Promise<Route> {
  const { embedder, domainEmbedder } = router;
  const started = performance.now();
  const asked = embedder.embed([query], signal, deadlineAt);
  const [[embedding], [forDomain]] = await Promise.all([
    asked,
    domainEmbedder?.embed([query], signal, deadlineAt) ?? asked,
  ]);
  if (!embedding || !forDomain) throw new Error("unreachable: one text in, one embedding out");
  return routeEmbedded(router, query, embedding, forDomain.vector, started);
}

/** `route` from where `query` is embedded; `domainVector` is for the classifier. `started` as performance.now(). */
export function routeEmbedded(
  router: Router,
  query: string,
  embedding: Pick<Embedding, "vector" | "truncated" | "cached" | "queued">,
  domainVector: Float32Array,
  started: number,
): Route {
  const { config, classifier, modelpack } = router;
  const embedded = performance.now();
  const domains = classifier.classify(query, domainVector);
  const signals = domainSignals(domains, config.classifier.category_model, config.categories);
  const classified = performance.now();
  const tasks = taskSignals(modelpack, query, config.modelpack.threshold);
  const match = decide(config.decisions, signals, config.strategy, tasks.find);
  const decided = performance.now();
  const asked = tasks.asked();
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
    ...(asked.length > 0 && { tasks: asked }),
    cached: embedding.cached,
    ...(embedding.queued && { queued: embedding.queued }),
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

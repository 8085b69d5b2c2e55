import { configuredModels } from "../config/configured-models.ts";
import type { RouterConfig } from "../config/schema.ts";
import type { Route } from "../route.ts";
import type { StreamEvents } from "./events.ts";
import { type Log, safeRequestId, writeInfo } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestTrace, Tracing } from "./request-trace.ts";
import { startSeries } from "./start-series.ts";

/** Label and log value of every model that the configuration does not name: clients choose those freely. */
const otherModel = "other";

/** Turns what happens on the wire into metrics, log lines and, with `tracing`, spans. One for each configuration. */
export function streamEvents(
  config: RouterConfig,
  metrics: Metrics,
  log: Log,
  tracing?: Tracing,
): StreamEvents {
  const { counter, histogram, stages } = metrics;
  startSeries(metrics, config);
  const known = new Set(configuredModels(config));
  const label = (model: string): string => (known.has(model) ? model : otherModel);
  return {
    ...(tracing && {
      arrived: ({ requestId, ...context }): RequestTrace | undefined =>
        unlessItThrows(() => tracing.start({ requestId: safeRequestId(requestId), ...context })),
    }),
    routed(event) {
      const { requestId, requestedModel, route, stream, query, durationMs, trace } = event;
      if (trace) unlessItThrows(() => trace.routed(route, requestedModel, event));
      // Nobody got it; the reason's name is the reference's.
      if (route.fault?.code === "client_gone") {
        counter.errors.inc({ model: "unknown", reason: "cancellation" });
        return;
      }
      countRoute(metrics, route);
      stages.parse.add(event.parseMs / 1000);
      stages.mutate.add(event.mutateMs / 1000);
      counter.promptChars.inc({ model: route.model }, event.promptChars);
      histogram.routing.observe({}, durationMs / 1000);
      counter.requests.inc({ model: route.model });
      counter.modifications.inc({ source_model: requestedModel, target_model: route.model });
      counter.reasonCodes.inc({ reason_code: "auto_routing", model: route.model });
      const line = {
        event: "routing_decision",
        reason_code: "auto_routing",
        request_id: safeRequestId(requestId),
        original_model: requestedModel,
        selected_model: route.model,
        decision: route.decision ?? "",
        category: route.domain ?? "",
        confidence: round(route.confidence),
        algorithm: route.algorithm,
        reason: route.reason,
        reasoning_enabled: route.reasoning,
        routing_latency_ms: round(durationMs),
        embedding_cached: route.cached,
        truncated: route.truncated,
        stream,
        query_chars: query.chars,
        query_hash: query.hash,
      };
      const message = `routing_decision domain=[${route.domain ?? ""}]`;
      if (route.fault) log.warn({ ...line, fault: route.fault.message }, message);
      else writeInfo(log, line, message);
    },
    passedThrough({ requestId, model, trace, promptChars = 0 }) {
      if (trace) unlessItThrows(() => trace.passedThrough(label(model)));
      counter.promptChars.inc({ model: label(model) }, promptChars);
      counter.requests.inc({ model: label(model) });
      counter.reasonCodes.inc({ reason_code: "model_specified", model: label(model) });
      const line = {
        event: "routing_decision",
        reason_code: "model_specified",
        request_id: safeRequestId(requestId),
        selected_model: label(model),
      };
      writeInfo(log, line, "routing_decision model_specified");
    },
    rejected({ requestId, error, trace }) {
      if (trace) unlessItThrows(() => trace.failed(error, true));
      counter.rejections.inc({ code: error.code });
      counter.errors.inc({ model: "unknown", reason: "parse_error" });
      const line = {
        event: "request_rejected",
        request_id: safeRequestId(requestId),
        code: error.code,
      };
      log.info(line, "request_rejected");
    },
    failed({ requestId, error, trace }) {
      if (trace) unlessItThrows(() => trace.failed(error, false));
      const model = config.default_model;
      counter.requests.inc({ model });
      counter.selections.inc({ method: "default", model, decision: "unknown" });
      counter.fallbacks.inc({ method: "default", decision: "unknown", reason: error.code });
      counter.errors.inc({ model, reason: error.code });
      log.error(
        {
          event: "request_failed",
          request_id: safeRequestId(requestId),
          code: error.code,
          err: error,
        },
        "request_failed",
      );
    },
    responded({ model, status, latencyMs, trace }) {
      if (trace) unlessItThrows(() => trace.responded(status));
      histogram.ttft.observe({ model: label(model) }, latencyMs / 1000);
      if (status >= 500) counter.errors.inc({ model: label(model), reason: "upstream_5xx" });
      else if (status >= 400) counter.errors.inc({ model: label(model), reason: "upstream_4xx" });
    },
  };
}

/** A fault of the tracer must not become one of the request. */
function unlessItThrows<Result>(write: () => Result): Result | undefined {
  try {
    return write();
  } catch {
    return undefined;
  }
}

function countRoute({ counter, histogram, stages }: Metrics, route: Route): void {
  const { timingsMs, model, algorithm: method } = route;
  const decision = route.decision ?? "unknown";
  const failed = route.fault !== undefined;
  if (route.domain !== undefined) {
    stages.embed.add(timingsMs.embed / 1000);
    stages.classify.add(timingsMs.classify / 1000);
    stages.decide.add(timingsMs.decide / 1000);
    histogram.embedding.observe({}, timingsMs.embed / 1000);
    histogram.signal.observe({ signal_type: "domain" }, timingsMs.classify / 1000);
    histogram.decision.observe({}, timingsMs.decide / 1000);
    counter.decisionEvaluations.inc();
    counter.signalExtractions.inc({ signal_type: "domain", signal_name: route.domain });
    const confidence = route.domains[0]?.confidence ?? 0;
    histogram.classification.observe(
      { category: route.domain, classification_method: "head" },
      confidence,
    );
  }
  if (route.decision !== undefined) {
    counter.decisionMatches.inc({ decision_name: route.decision });
    histogram.decisionConfidence.observe({ decision_name: route.decision }, route.confidence);
    for (const rule of route.matchedRules) {
      const colon = rule.indexOf(":");
      const labels = { signal_type: rule.slice(0, colon), signal_name: rule.slice(colon + 1) };
      counter.signalMatches.inc(labels);
    }
    stages.select.add(timingsMs.select / 1000);
    histogram.selection.observe({ method }, timingsMs.select / 1000);
    histogram.selectionConfidence.observe({ method }, route.confidence);
  }
  counter.selections.inc({ method, model, decision });
  if (failed) counter.fallbacks.inc({ method, decision, reason: route.reason });
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

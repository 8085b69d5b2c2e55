import {
  type Attributes,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { RouterError } from "../../errors.ts";
import type { Route } from "../../route.ts";
import type { RequestTrace, RoutedTimes } from "../request-trace.ts";

/** W3C's header for whoever comes next. */
export const traceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`;

/**
 * The spans of a sampled request. They are written once the request is routed, from the times that its stages took, so
 * that the stages know nothing of them. Names and attributes are vllm-project/semantic-router's where it has them.
 * Every attribute is a name of the configuration, a number or one of a closed list. What a client wrote goes to the
 * collector as the trace that the request belongs to, with its `tracestate`, as W3C wants it, and as a safe `request.id`.
 */
export function recordedTrace(
  tracer: Tracer,
  root: Span,
  started: { readonly ms: number; readonly epochMs: number },
  removed: readonly string[],
): RequestTrace {
  const startMs = started.ms;
  const timeOf = clock(started.epochMs - startMs);
  const context = trace.setSpan(ROOT_CONTEXT, root);
  let upstream: Span | undefined;

  function stage(
    name: string,
    fromMs: number,
    tookMs: number,
    attributes: Attributes,
    error?: RouterError,
  ) {
    const span = tracer.startSpan(name, { startTime: timeOf(fromMs), attributes }, context);
    if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error.code });
    span.end(timeOf(fromMs + tookMs));
    return span;
  }

  function routed(route: Route, requestedModel: string, times: RoutedTimes): void {
    const { timingsMs, fault } = route;
    const parsedAt = times.bodyArrivedMs + times.parseMs;
    stage("signalbox.body", startMs, times.bodyArrivedMs - startMs, {});
    stage("signalbox.parse", times.bodyArrivedMs, times.parseMs, {});
    let at = parsedAt;
    const next = (name: string, ms: number, attributes: Attributes, error?: RouterError) => {
      stage(name, at, ms, attributes, error);
      at += ms;
    };
    if (route.domain === undefined) {
      // Only embedding can fail before there is a domain; a request without text never gets there.
      if (fault && fault.code !== "no_text") next("signalbox.embed", timingsMs.total, {}, fault);
      else at += timingsMs.total;
    } else {
      embedded(route, at);
      at += timingsMs.embed;
      next("semantic_router.signal.evaluation", timingsMs.classify, {
        "category.name": route.domain,
        "signal.confidence": route.domains[0]?.confidence ?? 0,
      });
      next("semantic_router.decision.evaluation", timingsMs.decide, {
        ...(route.decision !== undefined && { "decision.name": route.decision }),
        "decision.confidence": route.confidence,
        "decision.matched_rules": [...route.matchedRules],
      });
      next("semantic_router.routing.decision", timingsMs.select, choice(route), fault);
    }
    stage("signalbox.mutate", performance.now() - times.mutateMs, times.mutateMs, {});
    root.setAttributes({
      "routing.strategy": "auto",
      "routing.original_model": requestedModel,
      ...choice(route),
      ...(route.domain !== undefined && { "category.name": route.domain }),
      ...(route.decision !== undefined && { "decision.name": route.decision }),
      ...(fault && { "error.type": fault.code }),
    });
    root.end(timeOf(performance.now()));
  }

  function embedded({ timingsMs, cached, truncated, queued }: Route, fromMs: number): void {
    const span = tracer.startSpan(
      "signalbox.embed",
      {
        startTime: timeOf(fromMs),
        attributes: { "embedding.cached": cached, "embedding.truncated": truncated },
      },
      context,
    );
    if (queued) {
      // Whoever asks for a text that already waits did not wait for all of it.
      const since = Math.max(queued.sinceMs, fromMs);
      const inside = { startTime: timeOf(since) };
      tracer
        .startSpan("signalbox.embed.queue", inside, trace.setSpan(context, span))
        .end(timeOf(Math.max(queued.untilMs, since)));
    }
    span.end(timeOf(fromMs + timingsMs.embed));
  }

  return {
    get headers() {
      upstream ??= tracer.startSpan(
        "semantic_router.upstream.request",
        { kind: SpanKind.CLIENT, startTime: timeOf(performance.now()) },
        context,
      );
      return { traceparent: traceparent(upstream.spanContext()) };
    },
    removed,
    routed,
    passedThrough(model) {
      root.setAttributes({ "routing.strategy": "specified", "routing.selected_model": model });
      root.end(timeOf(performance.now()));
    },
    failed({ code }, refused) {
      root.setAttribute("error.type", code);
      // A request that cannot be routed is the client's fault, and no error of this server.
      if (!refused) root.setStatus({ code: SpanStatusCode.ERROR, message: code });
      root.end(timeOf(performance.now()));
    },
    responded(status) {
      upstream?.setAttribute("http.status_code", status);
      if (status >= 500) upstream?.setStatus({ code: SpanStatusCode.ERROR });
      upstream?.end(timeOf(performance.now()));
    },
    end() {
      if (root.isRecording()) root.end(timeOf(performance.now()));
      if (upstream?.isRecording()) upstream.end(timeOf(performance.now()));
    },
  };
}

const choice = ({ model, algorithm, reason, reasoning }: Route): Attributes => ({
  "routing.selected_model": model,
  "routing.algorithm": algorithm,
  "routing.reason": reason,
  "model.reasoning_enabled": reasoning,
});

/**
 * From times of performance.now() to those of OpenTelemetry: seconds and nanoseconds since 1970. All spans of a request
 * have one offset: the clock of dates ticks once in a millisecond, and stages take a hundredth of that.
 */
const clock =
  (offsetMs: number) =>
  (ms: number): HrTime => {
    const seconds = Math.floor((ms + offsetMs) / 1000);
    return [seconds, Math.floor((ms + offsetMs - seconds * 1000) * 1e6)];
  };

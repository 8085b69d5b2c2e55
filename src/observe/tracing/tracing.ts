import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Context, ROOT_CONTEXT, type SpanContext, SpanKind, trace } from "@opentelemetry/api";
import { parseTraceParent, TraceState } from "@opentelemetry/core";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { packageRoot } from "../../config/paths.ts";
import type { RequestStart, RequestTrace, Tracing } from "../request-trace.ts";
import { recordedTrace, traceparent } from "./recorded-trace.ts";
import type { TracingSettings } from "./settings.ts";
import { spanQueue } from "./span-queue.ts";

/** The scope and, without another one, the service that spans are of. */
const scope = "signalbox";

/** `onFailed` learns of each export that failed. */
export function createTracing(
  settings: TracingSettings,
  exporter: SpanExporter,
  onFailed: (error: Error | undefined) => void,
): Tracing {
  const queue = spanQueue(exporter, { ...settings.queue, onFailed });
  const provider = new TracerProvider({
    resource: resourceOf(settings),
    sampler: samplerOf(settings.sampler),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer(scope);

  function start(request: RequestStart): RequestTrace | undefined {
    const { headers, requestId } = request;
    const started = { ms: performance.now(), epochMs: Date.now() };
    const parent = parentOf(request);
    const root = tracer.startSpan(
      "semantic_router.request.received",
      { kind: SpanKind.SERVER, startTime: started.epochMs },
      parent ?? ROOT_CONTEXT,
    );
    // W3C: the state of a trace that cannot be read belongs to no trace.
    const removed = !parent && headers.has("tracestate") ? ["tracestate"] : none;
    if (root.isRecording()) {
      if (requestId !== "") root.setAttribute("request.id", requestId);
      return recordedTrace(tracer, root, started, removed);
    }
    // A context that we add nothing to goes on as it came: nobody would know a span id of ours.
    return parent ? undefined : unsampledTrace(traceparent(root.spanContext()), removed);
  }

  return {
    start,
    stats: queue.stats,
    async close(limitMs) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), patience]);
      clearTimeout(timer);
    },
  };
}

const none: readonly string[] = [];
const ignored = () => undefined;

/** Whoever comes after us is told that nobody records this trace. */
function unsampledTrace(context: string, removed: readonly string[]): RequestTrace {
  return {
    headers: { traceparent: context },
    removed,
    routed: ignored,
    passedThrough: ignored,
    failed: ignored,
    responded: ignored,
    end: ignored,
  };
}

/**
 * Nothing when the request belongs to no trace. An Envoy that traces makes a span for its call to us, within the request's
 * trace or one of its own: ours hang under that. Else they hang under the client's span. Of a repeated tracestate the
 * first is kept; all of them go on as they came.
 */
function parentOf({ headers, callTraceparent }: RequestStart): Context | undefined {
  const sent = parsed(headers.get("traceparent"));
  const called = parsed(callTraceparent);
  const found = called && (!sent || sent.traceId === called.traceId) ? called : sent;
  if (!found) return undefined;
  const state = sent ? headers.get("tracestate") : undefined;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...found,
    isRemote: true,
    ...(state !== undefined && { traceState: new TraceState(state) }),
  });
}

const parsed = (text: string | undefined): SpanContext | undefined =>
  (text === undefined ? undefined : parseTraceParent(text)) ?? undefined;

function samplerOf({ name, ratio, parentBased }: TracingSettings["sampler"]) {
  const root =
    name === "traceidratio"
      ? new TraceIdRatioBasedSampler(ratio)
      : name === "always_on"
        ? new AlwaysOnSampler()
        : new AlwaysOffSampler();
  return parentBased ? new ParentBasedSampler({ root }) : root;
}

/** OTEL_RESOURCE_ATTRIBUTES are read from the environment; what the configuration says goes before them. */
function resourceOf({ serviceName, serviceVersion, environment }: TracingSettings) {
  const given = resourceFromAttributes({
    "service.name": serviceName,
    ...(serviceVersion !== undefined && { "service.version": serviceVersion }),
    ...(environment !== undefined && {
      "deployment.environment.name": environment,
      // As the reference still has it.
      "deployment.environment": environment,
    }),
  });
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  return defaultResource()
    .merge(resourceFromAttributes({ "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(given);
}

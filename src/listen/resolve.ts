import { hash } from "node:crypto";
import { RouterError } from "../errors.ts";
import { knownRoute } from "../known-route.ts";
import { spliceModel } from "../mutate/body.ts";
import { requestHeaders, selectedModelHeader } from "../mutate/headers.ts";
import type { StreamEvents } from "../observe/events.ts";
import type { RequestTrace } from "../observe/request-trace.ts";
import { isAuto } from "../parse/auto-model.ts";
import { type ChatRequest, parseChatRequest, parseTruncated } from "../parse/chat-request.ts";
import type { Route } from "../route.ts";
import { routeOrDefault } from "../route-or-default.ts";
import type { Router } from "../router.ts";

/** What the body of a request came to: which headers to set, and the body to send on when it changed. */
export interface Resolved {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The model that the backend will be asked for, when it is known. */
  readonly model?: string;
  /** Set when signalbox chose the model. */
  readonly route?: Route;
}

interface Arrived {
  readonly requestId: string;
  readonly trace: RequestTrace | undefined;
  readonly body: Uint8Array;
  /** The path is that of chat completions; on other paths a body that is none passes untouched. */
  readonly chat: boolean;
  /** Envoy sends the beginning of a long body only. */
  readonly partial: boolean;
}

/** Parses and routes a whole body. Throws a RouterError that refuses the request; any other failure ends as a route. `signal` aborts when nobody waits for it. */
export function resolve(
  router: Router,
  arrived: Arrived,
  events: StreamEvents,
  signal?: () => AbortSignal,
): Resolved | Promise<Resolved> {
  const { body, requestId, trace } = arrived;
  const started = performance.now();
  const { max_body_bytes: limit } = router.config.limits;
  if (body.byteLength > limit) {
    throw new RouterError(
      "body_too_large",
      `the body has ${body.byteLength} bytes, ${limit} are allowed`,
      "Send less, or ask the operator to raise limits.max_body_bytes",
    );
  }
  const request = read(arrived);
  if (!request) return arrived.chat ? standIn(router, arrived, events) : { headers: {} };
  if (!isAuto(request.model, router.config.auto_model_name)) {
    const { model, promptChars } = request;
    events.passedThrough({ requestId, trace, model, promptChars });
    return named(model, trace);
  }
  const parseMs = performance.now() - started;
  const queryHash = hash("sha256", request.query);
  const answerWith = (route: Route): Resolved => {
    const routed = performance.now();
    const resolved = {
      headers: withTrace(requestHeaders(route.model), trace),
      body: spliceModel(body, request.modelSpan, route.model),
      model: route.model,
      route,
    };
    const answered = performance.now();
    events.routed({
      requestId,
      trace,
      requestedModel: request.model,
      route,
      stream: request.stream,
      query: { chars: request.query.length, hash: queryHash.slice(0, loggedDigits) },
      bodyArrivedMs: started,
      durationMs: answered - started,
      parseMs,
      mutateMs: answered - routed,
      promptChars: request.promptChars,
    });
    return resolved;
  };
  const known = tryKnown(router, request.query, queryHash);
  return known
    ? answerWith(known)
    : routeOrDefault(router, request.query, undefined, signal?.()).then(answerWith);
}

/** The client's own choice: the body stays as it is. */
const named = (model: string, trace: RequestTrace | undefined): Resolved => ({
  headers: withTrace({ [selectedModelHeader]: model }, trace),
  model,
});

/** Headers of a request that goes on, with the context that the backend's spans hang under. */
export const withTrace = (headers: Resolved["headers"], trace: RequestTrace | undefined) =>
  trace ? { ...headers, ...trace.headers } : headers;

function read({ body, chat, partial }: Arrived): ChatRequest | undefined {
  try {
    return parseChatRequest(body);
  } catch (thrown) {
    if (chat && !partial) throw thrown;
    // Of another API only the model is known: enough for the gateway to find its backend.
    const known = chat ? undefined : parseTruncated(body);
    return known && { ...known, query: "", stream: false, promptChars: 0 };
  }
}

/** A body of which only the beginning is here cannot be routed; the model it names, or the default one, still can. */
function standIn(
  router: Router,
  { requestId, body, trace }: Arrived,
  events: StreamEvents,
): Resolved {
  const known = parseTruncated(body);
  if (known && !isAuto(known.model, router.config.auto_model_name)) {
    events.passedThrough({ requestId, trace, model: known.model });
    return named(known.model, trace);
  }
  events.failed({
    requestId,
    trace,
    error: new RouterError(
      "body_truncated",
      `Envoy sent the first ${body.byteLength} bytes of the body only`,
      "Use request_body_mode BUFFERED or FULL_DUPLEX_STREAMED, or raise Envoy's buffer limit",
    ),
  });
  const model = router.config.default_model;
  return {
    headers: withTrace(requestHeaders(model), trace),
    ...(known && { body: spliceModel(body, known.modelSpan, model) }),
    model,
  };
}

/** A fault is for routeOrDefault, which turns it into the default model. */
function tryKnown(router: Router, query: string, queryHash: string): Route | undefined {
  try {
    return knownRoute(router, query, queryHash);
  } catch {
    return undefined;
  }
}

/** Enough to recognise a repeated query in the log, too little to recover one. */
const loggedDigits = 12;

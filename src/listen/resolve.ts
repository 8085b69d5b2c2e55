import { createHash } from "node:crypto";
import { RouterError } from "../errors.ts";
import { spliceModel } from "../mutate/body.ts";
import { requestHeaders, selectedModelHeader } from "../mutate/headers.ts";
import type { StreamEvents } from "../observe/events.ts";
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
  readonly body: Uint8Array;
  /** The path is that of chat completions; on other paths a body that is none passes untouched. */
  readonly chat: boolean;
  /** Envoy sends the beginning of a long body only. */
  readonly partial: boolean;
}

/** Parses and routes a whole body. Throws a RouterError that refuses the request; any other failure ends as a route. `signal` aborts when nobody waits for it. */
export async function resolve(
  router: Router,
  arrived: Arrived,
  events: StreamEvents,
  signal?: AbortSignal,
): Promise<Resolved> {
  const { body, requestId } = arrived;
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
    events.passedThrough({ requestId, model: request.model });
    return { headers: { [selectedModelHeader]: request.model }, model: request.model };
  }
  const route = await routeOrDefault(router, request.query, undefined, signal);
  events.routed({
    requestId,
    requestedModel: request.model,
    route,
    stream: request.stream,
    query: { chars: request.query.length, hash: hash(request.query) },
    durationMs: performance.now() - started,
  });
  return {
    headers: requestHeaders(route.model),
    body: spliceModel(body, request.modelSpan, route.model),
    model: route.model,
    route,
  };
}

function read({ body, chat, partial }: Arrived): ChatRequest | undefined {
  try {
    return parseChatRequest(body);
  } catch (thrown) {
    if (chat && !partial) throw thrown;
    // Of another API only the model is known: enough for the gateway to find its backend.
    const named = chat ? undefined : parseTruncated(body);
    return named && { ...named, query: "", stream: false };
  }
}

/** A body of which only the beginning is here cannot be routed; the model it names, or the default one, still can. */
function standIn(router: Router, { requestId, body }: Arrived, events: StreamEvents): Resolved {
  const known = parseTruncated(body);
  if (known && !isAuto(known.model, router.config.auto_model_name)) {
    events.passedThrough({ requestId, model: known.model });
    return { headers: { [selectedModelHeader]: known.model }, model: known.model };
  }
  events.failed({
    requestId,
    error: new RouterError(
      "body_truncated",
      `Envoy sent the first ${body.byteLength} bytes of the body only`,
      "Use request_body_mode BUFFERED or FULL_DUPLEX_STREAMED, or raise Envoy's buffer limit",
    ),
  });
  const model = router.config.default_model;
  return {
    headers: requestHeaders(model),
    ...(known && { body: spliceModel(body, known.modelSpan, model) }),
    model,
  };
}

/** Enough to recognise a repeated query in the log, too little to recover one. */
const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

import { RouterError } from "../errors.ts";
import { byteQueue } from "../grpc/byte-queue.ts";
import { forgedHeaders, requestHeaders } from "../mutate/headers.ts";
import { immediate, rejection } from "../mutate/rejection.ts";
import type { StreamEvents } from "../observe/events.ts";
import type { RequestTrace } from "../observe/request-trace.ts";
import { readHeaders } from "../parse/headers.ts";
import type {
  HttpBody,
  HttpHeaders,
  ProcessingRequest,
  ProcessingResponse,
} from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { modelList } from "./model-list.ts";
import {
  headersAnswer,
  heldAnswers,
  noBody,
  passedAnswer,
  type RequestFacts,
  wholeAnswer,
} from "./request-answers.ts";
import { type Resolved, resolve, withTrace } from "./resolve.ts";

/** The client's side of one HTTP request: its headers, body and trailers, answered in the order that Envoy expects. */
export interface RequestPhase {
  headers(message: HttpHeaders, config: ProcessingRequest["protocol_config"]): ProcessingResponse[];
  body(message: HttpBody): Answers;
  trailers(): Answers;
  /** What is known of the request once its response comes. */
  outcome(): Outcome;
}

/** At once wherever nothing has to be waited for: a promise for each message would cost more than most answers. */
export type Answers = ProcessingResponse[] | Promise<ProcessingResponse[]>;

export interface Outcome {
  readonly requestId: string;
  readonly debug: boolean;
  readonly resolved: Resolved;
  /** `performance.now()` when the body had arrived. */
  readonly bodyArrivedMs: number;
  readonly trace: RequestTrace | undefined;
}

/**
 * How the body reaches us.
 * - whole: one message, answered with the rewritten body; headers can still be set then.
 * - held: in chunks, while Envoy waits with the headers for our answer to them (FULL_DUPLEX_STREAMED, or STREAMED with
 *   send_body_without_waiting_for_header_response): everything is answered once the last chunk is in.
 * - passed: in chunks after the headers have gone on; too late to route, so they pass as they are.
 */
type Delivery = "whole" | "held" | "passed";

export function requestPhase(
  router: Router,
  events: StreamEvents,
  signal?: () => AbortSignal,
  callTraceparent?: string,
): RequestPhase {
  const { config } = router;
  const clearRouteCache = config.clear_route_cache;
  let facts: RequestFacts = { mode: "BUFFERED", hasLength: false, forged: [], clearRouteCache };
  let delivery: Delivery = "whole";
  let requestId = "";
  let trace: RequestTrace | undefined;
  let debug = false;
  let chat = true;
  const held = byteQueue();
  let heldChunks = 0;
  let answered = false;
  let resolved: Resolved = { headers: {} };
  let bodyArrivedMs = performance.now();

  function headers(
    message: HttpHeaders,
    protocol: ProcessingRequest["protocol_config"],
  ): ProcessingResponse[] {
    const values = readHeaders(message.headers);
    const method = values.get(":method") ?? "POST";
    const path = pathOf(values.get(":path"));
    requestId = values.get("x-request-id") ?? "";
    debug = values.get("x-vsr-debug")?.trim().toLowerCase() === "true";
    chat = path === undefined || path.endsWith("/chat/completions");
    facts = {
      // An enum of value 0 is not on the wire, and an Envoy that tells no modes is an old one.
      mode: protocol ? (protocol.request_body_mode ?? "NONE") : "BUFFERED",
      hasLength: values.has("content-length"),
      forged: forgedHeaders(values),
      clearRouteCache,
    };
    if (method === "GET" && path === "/v1/models") {
      return [immediate(200, "models", modelList(config))];
    }
    if (message.end_of_stream) {
      return [chat && method === "POST" ? refuse(emptyBody()) : headersAnswer(facts, noBody)];
    }
    if (!chat && !/\bjson\b/i.test(values.get("content-type") ?? "json")) {
      return [headersAnswer(facts, noBody)];
    }
    trace = events.arrived?.({ requestId, headers: values, callTraceparent });
    if (trace && trace.removed.length > 0) {
      facts = { ...facts, forged: [...facts.forged, ...trace.removed] };
    }
    const { mode } = facts;
    if (
      mode === "FULL_DUPLEX_STREAMED" ||
      protocol?.send_body_without_waiting_for_header_response
    ) {
      delivery = "held";
      return [];
    }
    if (mode === "STREAMED" || mode === "NONE") {
      // Asked for the body whole: in chunks it comes too late to route by.
      const whole = { request_body_mode: "BUFFERED", response_header_mode: "SEND" } as const;
      return [headersAnswer(facts, whole)];
    }
    return [headersAnswer(facts)];
  }

  function body(message: HttpBody): Answers {
    const { body: chunk = new Uint8Array(), end_of_stream: end = false } = message;
    if (answered || delivery === "passed") return [passedAnswer(facts, chunk, end)];
    if (delivery === "held") {
      held.add(bufferOf(chunk));
      heldChunks++;
      const isFull = held.length() > config.limits.max_body_bytes || heldChunks > mostChunks;
      return end || isFull ? finishHeld(true) : [];
    }
    if (facts.mode === "STREAMED" && !end) {
      delivery = "passed";
      return [passedAnswer(facts, chunk, end)];
    }
    return settle(chunk, facts.mode === "BUFFERED_PARTIAL" && !end, () => [
      wholeAnswer(facts, resolved),
    ]);
  }

  function trailers(): Answers {
    const before = delivery === "held" && !answered ? finishHeld(false) : [];
    return before instanceof Promise ? before.then(andTrailers) : andTrailers(before);
  }

  function finishHeld(last: boolean): Answers {
    const count = heldChunks;
    const whole = held.take(held.length());
    return settle(whole, false, () => heldAnswers(facts, resolved, { count, whole }, last));
  }

  /** Resolves the body, and answers with what `write` gives or with a refusal. */
  function settle(whole: Uint8Array, partial: boolean, write: () => ProcessingResponse[]): Answers {
    answered = true;
    bodyArrivedMs = performance.now();
    const done = (found: Resolved): ProcessingResponse[] => {
      resolved = found;
      return write();
    };
    const failed = (thrown: unknown): ProcessingResponse[] => {
      const error = RouterError.from(thrown);
      if (error.code !== "internal") return [refuse(error)];
      // A bug must not cost the user the answer: the gateway routes by the header, the body stays as it is.
      events.failed({ requestId, trace, error });
      const model = config.default_model;
      return done({ headers: withTrace(requestHeaders(model), trace), model });
    };
    try {
      const arrived = { requestId, trace, body: whole, chat, partial };
      const found = resolve(router, arrived, events, signal);
      return found instanceof Promise ? found.then(done, failed) : done(found);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  function refuse(error: RouterError): ProcessingResponse {
    answered = true;
    events.rejected({ requestId, trace, error });
    return rejection(error);
  }

  return {
    headers,
    body,
    trailers,
    outcome: () => ({ requestId, debug, resolved, bodyArrivedMs, trace }),
  };
}

const andTrailers = (before: ProcessingResponse[]): ProcessingResponse[] =>
  before.at(-1)?.immediate_response ? before : [...before, { request_trailers: {} }];

/** Envoy sends what it reads, some kilobytes each; each may want an answer of its own. */
const mostChunks = 65_536;

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const emptyBody = (): RouterError =>
  new RouterError("malformed_json", "the body is empty", "Send a JSON object");

/** Without the query and one trailing slash. */
const pathOf = (path: string | undefined): string | undefined =>
  path?.replace(/[?#].*$/s, "").replace(/(.)\/$/, "$1");

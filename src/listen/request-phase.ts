import { RouterError } from "../errors.ts";
import { chunksOf } from "../mutate/body.ts";
import { forgedHeaders, mutation, requestHeaders } from "../mutate/headers.ts";
import { immediate, rejection } from "../mutate/rejection.ts";
import type { StreamEvents } from "../observe/events.ts";
import { readHeaders } from "../parse/headers.ts";
import type {
  BodySendMode,
  CommonResponse,
  HttpBody,
  HttpHeaders,
  ProcessingMode,
  ProcessingRequest,
  ProcessingResponse,
} from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { modelList } from "./model-list.ts";
import { type Resolved, resolve } from "./resolve.ts";

/** The client's side of one HTTP request: its headers, body and trailers, answered in the order that Envoy expects. */
export interface RequestPhase {
  headers(
    message: HttpHeaders,
    config: ProcessingRequest["protocol_config"],
  ): Promise<ProcessingResponse[]>;
  body(message: HttpBody): Promise<ProcessingResponse[]>;
  trailers(): Promise<ProcessingResponse[]>;
  /** What is known of the request once its response comes. */
  outcome(): Outcome;
}

export interface Outcome {
  readonly requestId: string;
  readonly debug: boolean;
  readonly resolved: Resolved;
  /** `performance.now()` when the body had arrived. */
  readonly bodyArrivedMs: number;
}

/**
 * How the body reaches us.
 * - whole: one message, answered with the rewritten body; headers can still be set then.
 * - held: in chunks, while Envoy waits with the headers for our answer to them (FULL_DUPLEX_STREAMED, or STREAMED with
 *   send_body_without_waiting_for_header_response): everything is answered once the last chunk is in.
 * - passed: in chunks after the headers have gone on; too late to route, so they pass as they are.
 */
type Delivery = "whole" | "held" | "passed";

export function requestPhase(router: Router, events: StreamEvents): RequestPhase {
  const { config } = router;
  let requestId = "";
  let debug = false;
  let chat = true;
  let mode: BodySendMode = "BUFFERED";
  let delivery: Delivery = "whole";
  let hasLength = false;
  let forged: string[] = [];
  let chunks: Uint8Array[] = [];
  let arrivedBytes = 0;
  let answered = false;
  let resolved: Resolved = { headers: {} };
  let bodyArrivedMs = performance.now();

  async function headers(
    message: HttpHeaders,
    protocol: ProcessingRequest["protocol_config"],
  ): Promise<ProcessingResponse[]> {
    const values = readHeaders(message.headers);
    const method = values.get(":method") ?? "POST";
    const path = pathOf(values.get(":path"));
    requestId = values.get("x-request-id") ?? "";
    debug = values.get("x-vsr-debug")?.trim().toLowerCase() === "true";
    forged = forgedHeaders(values);
    chat = path === undefined || path.endsWith("/chat/completions");
    hasLength = values.has("content-length");
    if (method === "GET" && path === "/v1/models")
      return [immediate(200, "models", modelList(config))];
    if (message.end_of_stream) {
      if (chat && method === "POST") return [refuse(emptyBody())];
      return [headersAnswer({}, noBody)];
    }
    if (!chat && !/\bjson\b/i.test(values.get("content-type") ?? "json")) {
      return [headersAnswer({}, noBody)];
    }
    // An enum of value 0 is not on the wire, and an Envoy that tells no modes is an old one.
    mode = protocol ? (protocol.request_body_mode ?? "NONE") : "BUFFERED";
    if (
      mode === "FULL_DUPLEX_STREAMED" ||
      protocol?.send_body_without_waiting_for_header_response
    ) {
      delivery = "held";
      return [];
    }
    if (mode === "STREAMED" || mode === "NONE") {
      // Asked for the body whole: in chunks it comes too late to route by.
      return [headersAnswer({}, { request_body_mode: "BUFFERED", response_header_mode: "SEND" })];
    }
    return [headersAnswer({})];
  }

  async function body(message: HttpBody): Promise<ProcessingResponse[]> {
    const chunk = message.body ?? new Uint8Array();
    if (answered || delivery === "passed") return [passed(chunk, message.end_of_stream ?? false)];
    if (delivery === "held") {
      chunks.push(chunk);
      arrivedBytes += chunk.byteLength;
      if (!message.end_of_stream && arrivedBytes <= config.limits.max_body_bytes) return [];
      return finishHeld(true);
    }
    if (mode === "STREAMED" && !message.end_of_stream) {
      delivery = "passed";
      return [{ request_body: { response: {} } }];
    }
    answered = true;
    bodyArrivedMs = performance.now();
    const partial = mode === "BUFFERED_PARTIAL" && !message.end_of_stream;
    const answer = await settle(chunk, partial);
    if (answer) return [answer];
    return [{ request_body: { response: wholeAnswer() } }];
  }

  async function trailers(): Promise<ProcessingResponse[]> {
    const before = delivery === "held" && !answered ? await finishHeld(false) : [];
    if (before.at(-1)?.immediate_response) return before;
    return [...before, { request_trailers: {} }];
  }

  /** Answers the headers and every chunk that was held back. `last`: no trailers follow. */
  async function finishHeld(last: boolean): Promise<ProcessingResponse[]> {
    answered = true;
    bodyArrivedMs = performance.now();
    const held = chunks;
    chunks = [];
    const whole = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    const answer = await settle(whole, false);
    if (answer) return [answer];
    const sent = resolved.body ?? whole;
    const first: ProcessingResponse = {
      request_headers: { response: heldHeaders(sent.byteLength) },
    };
    if (mode === "FULL_DUPLEX_STREAMED") return [first, ...streamed(sent, last)];
    // Each chunk wants an answer of its own: all but the last one go on empty, the last one carries everything.
    const cleared = held.slice(1).map(() => bodyAnswer({ body_mutation: { clear_body: true } }));
    return [first, ...cleared, bodyAnswer({ body_mutation: { body: sent } })];
  }

  /** Resolves the body; gives an answer of its own only when the request is refused. */
  async function settle(
    whole: Uint8Array,
    partial: boolean,
  ): Promise<ProcessingResponse | undefined> {
    try {
      resolved = await resolve(router, { requestId, body: whole, chat, partial }, events);
      return undefined;
    } catch (thrown) {
      const error = RouterError.from(thrown);
      if (error.code !== "internal") return refuse(error);
      // A bug must not cost the user the answer: the gateway routes by the header, the body stays as it is.
      events.failed({ requestId, error });
      resolved = { headers: requestHeaders(config.default_model), model: config.default_model };
      return undefined;
    }
  }

  function refuse(error: RouterError): ProcessingResponse {
    answered = true;
    events.rejected({ requestId, error });
    return rejection(error);
  }

  const common = (
    values: Readonly<Record<string, string>>,
    removed: readonly string[],
  ): CommonResponse => ({
    header_mutation: mutation(values, removed),
    clear_route_cache: config.clear_route_cache,
  });

  function headersAnswer(
    values: Readonly<Record<string, string>>,
    override?: ProcessingMode,
  ): ProcessingResponse {
    const changes = forged.length > 0 || Object.keys(values).length > 0;
    return {
      request_headers: { response: changes ? common(values, forged) : {} },
      ...(override && { mode_override: override }),
    };
  }

  const heldHeaders = (length: number): CommonResponse =>
    common(
      {
        ...(hasLength && mode !== "FULL_DUPLEX_STREAMED" && { "content-length": `${length}` }),
        ...resolved.headers,
      },
      forged.filter((name) => !(name in resolved.headers)),
    );

  function wholeAnswer(): CommonResponse {
    const { body: rewritten, headers: values } = resolved;
    // Envoy answers 500 when a rewritten body and content-length differ. It drops the header by itself in other modes, but
    // not in NONE, which we override.
    const kept = mode === "BUFFERED" || mode === "NONE";
    const length = rewritten &&
      hasLength &&
      kept && { "content-length": `${rewritten.byteLength}` };
    return {
      ...(Object.keys(values).length > 0 && common({ ...length, ...values }, [])),
      ...(rewritten && { body_mutation: { body: rewritten } }),
    };
  }

  function passed(chunk: Uint8Array, end: boolean): ProcessingResponse {
    if (mode !== "FULL_DUPLEX_STREAMED") return bodyAnswer({});
    return bodyAnswer({
      body_mutation: { streamed_response: { body: chunk, end_of_stream: end } },
    });
  }

  return {
    headers,
    body,
    trailers,
    outcome: () => ({ requestId, debug, resolved, bodyArrivedMs }),
  };
}

const noBody: ProcessingMode = { request_body_mode: "NONE", response_header_mode: "SKIP" };

const bodyAnswer = (response: CommonResponse): ProcessingResponse => ({
  request_body: { response },
});

function* streamed(body: Uint8Array, last: boolean): Generator<ProcessingResponse> {
  let sent = 0;
  for (const chunk of chunksOf(body)) {
    sent += chunk.byteLength;
    const end_of_stream = last && sent === body.byteLength;
    yield bodyAnswer({ body_mutation: { streamed_response: { body: chunk, end_of_stream } } });
  }
}

const emptyBody = (): RouterError =>
  new RouterError("malformed_json", "the body is empty", "Send a JSON object");

/** Without the query and one trailing slash. */
const pathOf = (path: string | undefined): string | undefined =>
  path?.replace(/[?#].*$/s, "").replace(/(.)\/$/, "$1");

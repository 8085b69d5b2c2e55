import { mutation, responseHeaders } from "../mutate/headers.ts";
import type { StreamEvents } from "../observe/events.ts";
import { readHeaders } from "../parse/headers.ts";
import type {
  BodySendMode,
  HttpBody,
  HttpHeaders,
  ProcessingMode,
  ProcessingRequest,
  ProcessingResponse,
} from "../protocol/messages.ts";
import type { Outcome } from "./request-phase.ts";

/** The backend's side: headers get ours added, the body is never read. */
export function responseHeadersAnswer(
  message: HttpHeaders,
  outcome: Outcome,
  protocol: ProcessingRequest["protocol_config"],
  events: StreamEvents,
): ProcessingResponse {
  const status = Number(readHeaders(message.headers).get(":status") ?? 0);
  const { trace, resolved, requestId } = outcome;
  const { route, model } = resolved;
  if (model !== undefined) {
    const latencyMs = performance.now() - outcome.bodyArrivedMs;
    events.responded({ requestId, trace, model, status, latencyMs });
  }
  const successful = status >= 200 && status < 300;
  const override = skipBody(protocol);
  return {
    response_headers: {
      response:
        route && successful
          ? { header_mutation: mutation(responseHeaders(route, outcome.debug)) }
          : {},
    },
    ...(override && { mode_override: override }),
  };
}

/**
 * An Envoy that was told to send us response bodies would hold back every streamed answer until it is complete. Nothing
 * here reads them. An override in full duplex is not defined, so there the chunks are echoed.
 */
function skipBody(protocol: ProcessingRequest["protocol_config"]): ProcessingMode | undefined {
  const request = protocol?.request_body_mode ?? "BUFFERED";
  const response = protocol?.response_body_mode ?? "NONE";
  if (response === "NONE" || isFullDuplex(request) || isFullDuplex(response)) return undefined;
  return { request_body_mode: request, response_body_mode: "NONE", response_trailer_mode: "SKIP" };
}

const isFullDuplex = (mode: BodySendMode): boolean => mode === "FULL_DUPLEX_STREAMED";

export function responseBodyAnswer(
  { body = new Uint8Array(), end_of_stream = false }: HttpBody,
  protocol: ProcessingRequest["protocol_config"],
): ProcessingResponse {
  if (!isFullDuplex(protocol?.response_body_mode ?? "NONE"))
    return { response_body: { response: {} } };
  return {
    response_body: { response: { body_mutation: { streamed_response: { body, end_of_stream } } } },
  };
}

import type { StreamEvents } from "../observe/events.ts";
import type { ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { requestPhase } from "./request-phase.ts";
import { responseBodyAnswer, responseHeadersAnswer } from "./response-phase.ts";

/**
 * One HTTP request: Envoy's messages in, our answers out, in the order that they are to be sent. `router` stays the
 * same for the stream's life, so a new configuration never changes a request half way. `signal` aborts when Envoy has let the stream go.
 */
export async function* processStream(
  messages: AsyncIterable<ProcessingRequest>,
  router: Router,
  events: StreamEvents,
  signal?: AbortSignal,
): AsyncGenerator<ProcessingResponse, void, undefined> {
  const request = requestPhase(router, events, signal);
  let protocol: ProcessingRequest["protocol_config"];
  try {
    for await (const message of messages) {
      protocol ??= message.protocol_config;
      switch (message.request) {
        case "request_headers":
          yield* await request.headers(message.request_headers, protocol);
          break;
        case "request_body":
          yield* await request.body(message.request_body);
          break;
        case "request_trailers":
          yield* await request.trailers();
          break;
        case "response_headers":
          yield responseHeadersAnswer(
            message.response_headers,
            request.outcome(),
            protocol,
            events,
          );
          break;
        case "response_body":
          yield responseBodyAnswer(message.response_body, protocol);
          break;
        case "response_trailers":
          yield { response_trailers: {} };
          break;
        case undefined:
          // A phase of a later Envoy: no answer can be right, and none leaves the request to Envoy's failure mode.
          break;
      }
    }
  } finally {
    request.outcome().trace?.end();
  }
}

import type { StreamEvents } from "../observe/events.ts";
import type { ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Router } from "../router.ts";
import { type Answers, requestPhase } from "./request-phase.ts";
import { responseBodyAnswer, responseHeadersAnswer } from "./response-phase.ts";

/** One HTTP request. */
export interface HttpStream {
  /**
   * Our answers to one of Envoy's messages, in the order that they are to be sent. Messages are given one after the
   * other, each once the one before is answered.
   */
  answer(message: ProcessingRequest): Answers;
  /** Nothing more comes. */
  end(): void;
}

/**
 * `router` stays the same for the stream's life, so a new configuration never changes a request half way. `signal` gives
 * one that aborts when Envoy has let the stream go. `callTraceparent`: the header of the gRPC call, where Envoy traces.
 */
export function httpStream(
  router: Router,
  events: StreamEvents,
  signal?: () => AbortSignal,
  callTraceparent?: string,
): HttpStream {
  const request = requestPhase(router, events, signal, callTraceparent);
  let protocol: ProcessingRequest["protocol_config"];

  function answer(message: ProcessingRequest): Answers {
    protocol ??= message.protocol_config;
    switch (message.request) {
      case "request_headers":
        return request.headers(message.request_headers, protocol);
      case "request_body":
        return request.body(message.request_body);
      case "request_trailers":
        return request.trailers();
      case "response_headers":
        return [
          responseHeadersAnswer(message.response_headers, request.outcome(), protocol, events),
        ];
      case "response_body":
        return [responseBodyAnswer(message.response_body, protocol)];
      case "response_trailers":
        return trailersPassed;
      case undefined:
        // A phase of a later Envoy: no answer can be right, and none leaves the request to Envoy's failure mode.
        return [];
    }
  }

  return { answer, end: () => request.outcome().trace?.end() };
}

const trailersPassed: ProcessingResponse[] = [{ response_trailers: {} }];

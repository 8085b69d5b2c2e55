import { RouterError } from "../errors.ts";
import { type Call, type CallHandler, headroomBytes, type Method } from "../grpc/serve-call.ts";
import { status } from "../grpc/status.ts";
import { decodeRequest } from "../protocol/decode-request.ts";
import { encodeResponse } from "../protocol/encode-response.ts";
import type { ProcessingRequest, ProcessingResponse } from "../protocol/messages.ts";
import type { Acquire, Lease } from "./lease.ts";
import { httpStream } from "./stream.ts";

export const processPath = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

/** Envoy's side of one HTTP request after the other. A call keeps the router that `acquire` gave it when it began. */
export const processMethod =
  (acquire: Acquire): Method =>
  (call, headers) => {
    const lease = acquire();
    // An Envoy that traces says here, not in the request's headers, which of its spans the call is of.
    if (lease) return serve(call, lease, lease.events.arrived && headers.get("traceparent"));
    // Not ready yet: Envoy's failure_mode_allow decides.
    call.end(status.unavailable, "models are still loading");
    return { message: () => undefined, end: () => undefined, gone: () => undefined };
  };

function serve(
  call: Call,
  { router, events, release }: Lease,
  callTraceparent: string | undefined,
): CallHandler {
  let gone: AbortController | undefined;
  let over = false;
  // Made when something has to be waited for: most requests are answered at once.
  const signal = () => {
    gone ??= new AbortController();
    return gone.signal;
  };
  const stream = httpStream(router, events, signal, callTraceparent);

  function send(answers: readonly ProcessingResponse[]): void {
    for (const answer of answers) {
      if (over) return;
      call.send(...encodeResponse(answer, headroomBytes));
      if (answer.immediate_response) finish();
    }
  }

  function finish(): void {
    close();
    call.end(status.ok);
  }

  function close(): void {
    over = true;
    stream.end();
    release();
  }

  function fail(thrown: unknown): void {
    if (over) return;
    events.failed({ requestId: "", error: RouterError.from(thrown) });
    close();
    call.end(status.internal, "internal");
  }

  return {
    message(bytes) {
      if (over) return undefined;
      let message: ProcessingRequest;
      try {
        message = decodeRequest(bytes);
      } catch {
        close();
        call.end(status.internal, "the message is malformed");
        return undefined;
      }
      try {
        const answers = stream.answer(message);
        if (answers instanceof Promise) return answers.then(send).catch(fail);
        send(answers);
      } catch (thrown) {
        fail(thrown);
      }
      return undefined;
    },
    end() {
      if (!over) finish();
    },
    gone() {
      if (over) return;
      close();
      gone?.abort(clientGone);
    },
  };
}

/** Made once: Envoy resets every stream when it has the last answer, and an error costs its stack. */
const clientGone = new RouterError(
  "client_gone",
  "Envoy let the stream go before it was answered",
  "Nothing is to be done",
);

import { errorCode, frameHeaderBytes } from "../http2/frames.ts";
import type { Headers } from "../http2/hpack-decoder.ts";
import type { Http2Stream, OpenStream, StreamHandler } from "../http2/stream.ts";
import { answerHeaders, httpStatus, trailers, trailersOnly } from "./header-blocks.ts";
import { type MessageFault, messageReader, prefixBytes } from "./message-reader.ts";
import { type Status, status } from "./status.ts";
import { timeoutMs } from "./timeout.ts";

/** Before a message that is to be sent: room for the frame's header and gRPC's prefix, so that nothing is copied. */
export const headroomBytes = frameHeaderBytes + prefixBytes;

/** The server's side of one call. */
export interface Call {
  /** The first `headroomBytes` of the first piece are room, the rest and what follows is the message. */
  send(withHeadroom: Buffer, ...more: readonly Buffer[]): void;
  /** Ends the call; what comes after is not heard. */
  end(code: Status, details?: string): void;
}

/** What a method does with a call. Neither function may throw or reject. */
export interface CallHandler {
  /** The next message is given once this one is dealt with. */
  message(bytes: Buffer): Promise<void> | undefined;
  /** The client sends no more, and every message was dealt with. */
  end(): void;
  /** The client or its deadline ended the call. Not called after `Call.end`. */
  gone(): void;
}

/** `headers`: of the call, as the client sent them. */
export type Method = (call: Call, headers: Headers) => CallHandler;

export interface GrpcMethods {
  /** By path, such as `/grpc.health.v1.Health/Check`. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Of a message; a larger one ends its call. */
  readonly maxMessageBytes: number;
}

/** Serves gRPC calls (uncompressed, gRPC over HTTP2 as of 2026) on the streams of a connection. */
export function grpcStreams({ methods, maxMessageBytes }: GrpcMethods): OpenStream {
  return (stream, headers) => {
    const fault = notGrpc(headers);
    if (fault !== undefined) {
      stream.sendHeaders(httpStatus(fault), true);
      return deaf(stream);
    }
    const method = methods.get(headers.get(":path") ?? "");
    if (!method) {
      stream.sendHeaders(trailersOnly(status.unimplemented, "no such method"), true);
      return deaf(stream);
    }
    const opened = (call: Call) => method(call, headers);
    return serveCall(stream, opened, maxMessageBytes, timeoutMs(headers.get("grpc-timeout")));
  };
}

function notGrpc(headers: Headers): number | undefined {
  if (headers.get(":method") !== "POST") return 405;
  return headers.get("content-type")?.startsWith("application/grpc") ? undefined : 415;
}

/** Of a stream that has had its answer. */
const deaf = (stream: Http2Stream): StreamHandler => ({
  data: (payload) => stream.consumed(payload.length),
  end: () => undefined,
  drained: () => undefined,
  gone: () => undefined,
});

function serveCall(
  stream: Http2Stream,
  open: (call: Call) => CallHandler,
  maxMessageBytes: number,
  limitMs: number | undefined,
): StreamHandler {
  let answering = false;
  /** A message is being dealt with. */
  let busy = false;
  /** The reader was told to wait: a message is dealt with, the client does not read, or others are to have their turn. */
  let paused = false;
  let takenInTurn = 0;
  let remoteEnded = false;
  let over = false;
  /** Bytes that have come and that the peer was not told to be consumed. */
  let uncounted = 0;
  let deadline: NodeJS.Timeout | undefined;

  const call: Call = {
    send(withHeadroom, ...more) {
      if (over) return;
      if (!answering) stream.sendHeaders(answerHeaders, false);
      answering = true;
      withHeadroom[frameHeaderBytes] = 0;
      let length = withHeadroom.length - headroomBytes;
      for (const piece of more) length += piece.length;
      withHeadroom.writeUInt32BE(length, frameHeaderBytes + 1);
      stream.sendData(withHeadroom, ...more);
    },
    end(code, details = "") {
      if (over) return;
      finish();
      stream.sendHeaders((answering ? trailers : trailersOnly)(code, details), true);
    },
  };
  const reader = messageReader(maxMessageBytes, (message) => {
    if (!over) take(message);
    paused = over || busy || stream.isBlocked();
    if (paused || ++takenInTurn < mostInTurn) return !paused;
    takenInTurn = 0;
    paused = true;
    setImmediate(proceed);
    return false;
  });
  // It may end the call at once.
  const handler = open(call);
  if (limitMs !== undefined && !over) {
    deadline = setTimeout(
      () => giveUp(status.deadlineExceeded, "the deadline has passed"),
      limitMs,
    );
  }

  function take(message: Buffer): void {
    const later = handler.message(message);
    if (!later) return;
    busy = true;
    void later.then(() => {
      busy = false;
      proceed();
    });
  }

  /** A client that does not read our answers gets no more of its messages dealt with. */
  function proceed(): void {
    if (over || busy || stream.isBlocked()) return;
    if (paused) {
      paused = false;
      const fault = reader.resume();
      if (fault) giveUp(...faults[fault]);
      else count(0);
    }
    if (remoteEnded && !paused && !over) endOfMessages();
  }

  /** Lets the peer send on unless a message waits; part of one does not, or one larger than the window would never come. */
  function count(bytes: number): void {
    uncounted += bytes;
    if ((paused && reader.hasRest()) || uncounted === 0) return;
    stream.consumed(uncounted);
    uncounted = 0;
  }

  function endOfMessages(): void {
    if (reader.hasRest()) giveUp(status.internal, "the last message is not whole");
    else handler.end();
  }

  function finish(): void {
    over = true;
    reader.clear();
    // A stream whose answers nobody reads keeps its place among the open ones, at most until its deadline.
    if (!stream.isBlocked()) clearTimeout(deadline);
  }

  function giveUp(code: Status, details: string): void {
    const ended = over;
    // A status would wait behind answers that the client does not read.
    if (stream.isBlocked()) {
      stream.reset(errorCode.cancel);
      finish();
    } else call.end(code, details);
    if (!ended) handler.gone();
  }

  return {
    data(payload) {
      if (over) return stream.consumed(payload.length);
      const fault = reader.read(payload);
      if (fault) giveUp(...faults[fault]);
      else count(payload.length);
    },
    end() {
      remoteEnded = true;
      proceed();
    },
    drained() {
      if (over) clearTimeout(deadline);
      proceed();
    },
    gone() {
      clearTimeout(deadline);
      if (over) return;
      finish();
      handler.gone();
    },
  };
}

/** Of one call before others have their turn: more than Envoy ever sends at once, less than a millisecond's work. */
const mostInTurn = 1000;

const faults: Readonly<Record<MessageFault, readonly [Status, string]>> = {
  too_large: [status.resourceExhausted, "the message is larger than the server takes"],
  compressed: [status.unimplemented, "compressed messages are not taken: send them as identity"],
};

import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  type ErrorCode,
  errorCode,
  flag,
  frame,
  frameHeaderBytes,
  frameType,
  maxWindowBytes,
  setting,
  writeFrameHeader,
} from "./frames.ts";
import type { Output } from "./output.ts";
import type { StreamState } from "./stream.ts";

/** Sends what streams have to say, as fast as the peer's windows let it. */
export interface Sender {
  headers(stream: StreamState, block: Uint8Array): void;
  /** See `Http2Stream.sendData`. */
  data(stream: StreamState, framed: Buffer, more: readonly Buffer[]): void;
  /** The last headers, once all data is sent. */
  trailers(stream: StreamState, block: Uint8Array): void;
  /** A setting of the peer; gives what ends the connection, if it does. */
  setting(id: number, value: number, streams: Iterable<StreamState>): ErrorCode | undefined;
  /** The peer takes more on the whole connection; false when that is more than there can be. */
  connectionWindow(more: number): boolean;
  streamWindow(stream: StreamState, more: number): boolean;
  /** The window of a stream that begins. */
  initialWindow(): number;
  forget(stream: StreamState): void;
}

/** `finished` is told when a stream's last headers have been sent. */
export function sender(
  { push }: Pick<Output, "push">,
  finished: (stream: StreamState) => void,
): Sender {
  let sendable = defaultWindowBytes;
  let peerWindowBytes = defaultWindowBytes;
  let peerMaxFrameBytes = defaultMaxFrameBytes;
  const blocked = new Set<StreamState>();

  function data(stream: StreamState, framed: Buffer, more: readonly Buffer[]): void {
    const length = framed.length - frameHeaderBytes;
    if (
      more.length === 0 &&
      !stream.blocked &&
      length <= peerMaxFrameBytes &&
      length <= stream.sendable &&
      length <= sendable
    ) {
      writeFrameHeader(framed, length, frameType.data, 0, stream.id);
      stream.sendable -= length;
      sendable -= length;
      push(framed);
      return;
    }
    stream.unsent.push(framed.subarray(frameHeaderBytes), ...more);
    proceed(stream);
  }

  /** As much as the windows let through. */
  function proceed(stream: StreamState): void {
    for (let first = stream.unsent[0]; first; first = stream.unsent[0]) {
      const length = Math.min(first.length, peerMaxFrameBytes, stream.sendable, sendable);
      if (length <= 0) {
        stream.blocked = true;
        blocked.add(stream);
        return;
      }
      const header = Buffer.allocUnsafe(frameHeaderBytes);
      writeFrameHeader(header, length, frameType.data, 0, stream.id);
      push(header);
      push(first.subarray(0, length));
      stream.sendable -= length;
      sendable -= length;
      if (length < first.length) stream.unsent[0] = first.subarray(length);
      else stream.unsent.shift();
    }
    const was = stream.blocked;
    stream.blocked = false;
    blocked.delete(stream);
    if (stream.trailers) finish(stream, stream.trailers);
    else if (was) stream.handler.drained();
  }

  function finish(stream: StreamState, block: Uint8Array): void {
    push(headersFrame(stream.id, block, true));
    finished(stream);
  }

  function initialWindow(value: number, streams: Iterable<StreamState>): ErrorCode | undefined {
    if (value > maxWindowBytes) return errorCode.flowControlError;
    const more = value - peerWindowBytes;
    peerWindowBytes = value;
    for (const stream of streams) {
      stream.sendable += more;
      if (stream.sendable > maxWindowBytes) return errorCode.flowControlError;
    }
    proceedAll();
    return undefined;
  }

  function proceedAll(): void {
    for (const stream of blocked) {
      if (sendable <= 0) return;
      proceed(stream);
    }
  }

  return {
    headers: (stream, block) => push(headersFrame(stream.id, block, false)),
    data,
    trailers(stream, block) {
      if (stream.blocked) stream.trailers = block;
      else finish(stream, block);
    },
    /** The other settings concern what we do not do: push, and the sending side of HPACK's table. */
    setting(id, value, streams) {
      if (id === setting.initialWindowSize) return initialWindow(value, streams);
      if (id !== setting.maxFrameSize) return undefined;
      if (value < defaultMaxFrameBytes || value > 0xffffff) return errorCode.protocolError;
      peerMaxFrameBytes = value;
      return undefined;
    },
    connectionWindow(more) {
      const wasShut = sendable <= 0;
      sendable += more;
      if (sendable > maxWindowBytes) return false;
      // Otherwise those that wait do so for their own windows.
      if (wasShut) proceedAll();
      return true;
    },
    streamWindow(stream, more) {
      stream.sendable += more;
      if (stream.sendable > maxWindowBytes) return false;
      if (stream.blocked) proceed(stream);
      return true;
    },
    initialWindow: () => peerWindowBytes,
    forget(stream) {
      blocked.delete(stream);
      stream.unsent.length = 0;
    },
  };
}

const headersFrame = (id: number, block: Uint8Array, end: boolean): Buffer =>
  frame(frameType.headers, flag.endHeaders | (end ? flag.endStream : 0), id, block);

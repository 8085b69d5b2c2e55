import type { ErrorCode } from "./frames.ts";
import type { Headers } from "./hpack-decoder.ts";

/** What a stream's owner is told. After `gone`, and after the stream was ended or reset here, nothing more. */
export interface StreamHandler {
  /** Part of the request's body, as it was read: not the caller's to change, and to be counted by `consumed`. */
  data(payload: Buffer): void;
  /** The peer sends no more. */
  end(): void;
  /** Everything that waited for the peer's window has been sent. */
  drained(): void;
  /** The peer reset the stream, or the connection is lost. */
  gone(): void;
}

export interface Http2Stream {
  /** `block` is in HPACK without use of the dynamic table. `end`: nothing follows. */
  sendHeaders(block: Uint8Array, end: boolean): void;
  /**
   * The first nine bytes of `framed` are room for the frame's header; the rest, 1 byte at least, and the pieces that follow
   * are the payload. None of it may be written to from now on.
   */
  sendData(framed: Buffer, ...more: readonly Buffer[]): void;
  /** The peer may send as many bytes again. */
  consumed(bytes: number): void;
  /** Whether data waits for the peer's window. */
  isBlocked(): boolean;
  reset(code: ErrorCode): void;
}

export type OpenStream = (stream: Http2Stream, headers: Headers) => StreamHandler;

/** What a connection keeps of a stream that has not ended. */
export interface StreamState {
  readonly id: number;
  handler: StreamHandler;
  /** That the peer may still send before we say more. */
  receivable: number;
  /** Consumed, and not told to the peer yet. */
  unannounced: number;
  sendable: number;
  /** Payloads that wait for the peer's window; `blocked` says whether any does. */
  readonly unsent: Buffer[];
  blocked: boolean;
  /** The last headers, which wait for `unsent`. */
  trailers: Uint8Array | undefined;
  remoteEnded: boolean;
}

/** Of a stream that is being opened. */
export const unheard: StreamHandler = {
  data: () => undefined,
  end: () => undefined,
  drained: () => undefined,
  gone: () => undefined,
};

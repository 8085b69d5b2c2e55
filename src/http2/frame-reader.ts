import {
  defaultMaxFrameBytes,
  type ErrorCode,
  errorCode,
  frameHeaderBytes,
  maxStreamId,
  preface,
} from "./frames.ts";

/** A frame within what was read: its payload is `bytes` from `start` on, `length` of them. */
export interface Frame {
  readonly bytes: Buffer;
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly start: number;
  readonly length: number;
}

export interface FrameReader {
  /** Gives what ends the connection, if anything does. */
  read(chunk: Buffer): ErrorCode | undefined;
  /** The client has said that it speaks HTTP/2. */
  isPrefaced(): boolean;
}

/**
 * Cuts a client's bytes into frames. `onFrame` gives what ends the connection, or "stop" when it has ended; the frame is
 * its only until it returns.
 */
export function frameReader(
  onFrame: (frame: Frame) => ErrorCode | "stop" | undefined,
): FrameReader {
  let pending: Buffer | undefined;
  let prefaced = false;
  /** One for all frames: there are some eight of them in each request. */
  const none: Buffer = Buffer.alloc(0);
  const frame = { bytes: none, type: 0, flags: 0, id: 0, start: 0, length: 0 };

  function read(chunk: Buffer): ErrorCode | undefined {
    const bytes = pending ? Buffer.concat([pending, chunk]) : chunk;
    pending = undefined;
    let at = 0;
    if (!prefaced) {
      const known = Math.min(bytes.length, preface.length);
      if (preface.compare(bytes, 0, known, 0, known) !== 0) return errorCode.protocolError;
      if (known < preface.length) {
        pending = bytes;
        return undefined;
      }
      prefaced = true;
      at = preface.length;
    }
    while (bytes.length - at >= frameHeaderBytes) {
      const length = bytes.readUIntBE(at, 3);
      if (length > defaultMaxFrameBytes) return errorCode.frameSizeError;
      const start = at + frameHeaderBytes;
      if (bytes.length - start < length) break;
      frame.bytes = bytes;
      frame.type = bytes[at + 3] as number;
      frame.flags = bytes[at + 4] as number;
      frame.id = bytes.readUInt32BE(at + 5) & maxStreamId;
      frame.start = start;
      frame.length = length;
      const fault = onFrame(frame);
      if (fault === "stop") return undefined;
      if (fault !== undefined) return fault;
      at = start + length;
    }
    if (at < bytes.length) pending = bytes.subarray(at);
    return undefined;
  }

  return { read, isPrefaced: () => prefaced };
}

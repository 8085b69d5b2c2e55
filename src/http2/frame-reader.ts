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
    let bytes = chunk;
    if (!prefaced) {
      bytes = joined(chunk);
      const known = Math.min(bytes.length, preface.length);
      if (preface.compare(bytes, 0, known, 0, known) !== 0) return errorCode.protocolError;
      if (known < preface.length) {
        pending = bytes;
        return undefined;
      }
      prefaced = true;
      bytes = bytes.subarray(preface.length);
    }
    // Most reads end within a frame. Only that one is joined, not all that follows it.
    while (pending && bytes.length > 0) {
      const missing = missingBytes(pending);
      const first = joined(bytes.subarray(0, missing));
      bytes = bytes.subarray(missing);
      const fault = readFrames(first);
      if (fault !== undefined) return fault === "stop" ? undefined : fault;
    }
    const fault = bytes.length > 0 ? readFrames(bytes) : undefined;
    return fault === "stop" ? undefined : fault;
  }

  function joined(bytes: Buffer): Buffer {
    const whole = pending ? Buffer.concat([pending, bytes]) : bytes;
    pending = undefined;
    return whole;
  }

  function readFrames(bytes: Buffer): ErrorCode | "stop" | undefined {
    let at = 0;
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
      if (fault !== undefined) return fault;
      at = start + length;
    }
    if (at < bytes.length) pending = bytes.subarray(at);
    return undefined;
  }

  return { read, isPrefaced: () => prefaced };
}

/** For the frame that `pending` is the beginning of, or for its header. */
const missingBytes = (pending: Buffer): number =>
  pending.length < frameHeaderBytes
    ? frameHeaderBytes - pending.length
    : frameHeaderBytes + pending.readUIntBE(0, 3) - pending.length;

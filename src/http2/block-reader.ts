import type { Frame } from "./frame-reader.ts";
import { type ErrorCode, errorCode, flag } from "./frames.ts";

/** A whole header block. */
export interface Block {
  readonly id: number;
  /** The stream's last frame of the peer. */
  readonly end: boolean;
  readonly bytes: Buffer;
}

export interface BlockReader {
  /** A frame of headers. Gives the block once it is whole, or what ends the connection. */
  headers(frame: Frame): Block | ErrorCode | undefined;
  continuation(frame: Frame): Block | ErrorCode | undefined;
  /** Nothing but a continuation may come. */
  isMidway(): boolean;
}

const maxContinuations = 32;

/** Puts header blocks of at most `maxBytes` together. */
export function blockReader(maxBytes: number): BlockReader {
  let open: { id: number; end: boolean; parts: Buffer[]; bytes: number } | undefined;

  return {
    headers(frame) {
      const { bytes, flags, id, start, length } = frame;
      const padding = paddingOf(frame);
      if (padding === undefined) return errorCode.protocolError;
      const skipped = (flags & flag.padded ? 1 : 0) + (flags & flag.priority ? 5 : 0);
      if (skipped + padding > length) return errorCode.protocolError;
      const part = bytes.subarray(start + skipped, start + length - padding);
      const end = (flags & flag.endStream) !== 0;
      if (flags & flag.endHeaders) return { id, end, bytes: part };
      open = { id, end, parts: [part], bytes: part.length };
      return undefined;
    },
    continuation({ bytes, flags, id, start, length }) {
      if (!open || open.id !== id) return errorCode.protocolError;
      open.parts.push(bytes.subarray(start, start + length));
      open.bytes += length;
      if (open.bytes > maxBytes || open.parts.length > maxContinuations) {
        return errorCode.enhanceYourCalm;
      }
      if (!(flags & flag.endHeaders)) return undefined;
      const { end, parts } = open;
      open = undefined;
      return { id, end, bytes: Buffer.concat(parts) };
    },
    isMidway: () => open !== undefined,
  };
}

/** Bytes of padding at the end of a frame; undefined when they are more than the frame. */
export function paddingOf({ bytes, flags, start, length }: Frame): number | undefined {
  if (!(flags & flag.padded)) return 0;
  const padding = bytes[start] as number;
  return length > 0 && padding < length ? padding : undefined;
}

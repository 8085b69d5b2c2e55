import { byteQueue } from "./byte-queue.ts";

/** Bytes before each message: whether it is compressed, and its length. */
export const prefixBytes = 5;

export interface MessageReader {
  /** Gives `onMessage` every message that is whole with these bytes, until it says no. A fault is final. */
  read(chunk: Buffer): MessageFault | undefined;
  /** Goes on with what has waited since `onMessage` said no. */
  resume(): MessageFault | undefined;
  /** Bytes have come that are in no message that was given. */
  hasRest(): boolean;
  clear(): void;
}

export type MessageFault = "too_large" | "compressed";

/**
 * Cuts a stream of bytes into gRPC messages of at most `maxBytes`. `onMessage` says whether it takes another; until
 * `resume` bytes then wait as they are, because a million empty messages are a few bytes each, and objects would not be.
 * A message that came in one piece is not copied.
 */
export function messageReader(
  maxBytes: number,
  onMessage: (message: Buffer) => boolean,
): MessageReader {
  const waiting = byteQueue();
  let paused = false;
  /** Of the message under way; undefined while its prefix has not come. */
  let wanted: number | undefined;

  function read(chunk: Buffer): MessageFault | undefined {
    if (paused || waiting.length() > 0) {
      waiting.add(chunk);
      return paused ? undefined : cut();
    }
    waiting.lend(chunk);
    const fault = cut();
    if (waiting.length() > 0) waiting.settle();
    return fault;
  }

  function cut(): MessageFault | undefined {
    while (!paused) {
      if (wanted === undefined) {
        if (waiting.length() < prefixBytes) return undefined;
        const prefix = waiting.take(prefixBytes);
        if (prefix[0] !== 0) return "compressed";
        wanted = prefix.readUInt32BE(1);
        if (wanted > maxBytes) return "too_large";
      }
      if (waiting.length() < wanted) return undefined;
      const message = waiting.take(wanted);
      wanted = undefined;
      paused = !onMessage(message);
    }
    return undefined;
  }

  return {
    read,
    resume() {
      paused = false;
      return cut();
    },
    hasRest: () => wanted !== undefined || waiting.length() > 0,
    clear: waiting.clear,
  };
}

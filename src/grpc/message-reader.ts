/** Bytes before each message: whether it is compressed, and its length. */
export const prefixBytes = 5;

export interface MessageReader {
  /** Gives `onMessage` every message that is whole with these bytes. A fault is final. */
  read(chunk: Buffer): MessageFault | undefined;
  /** Bytes of a message have come, but not all. */
  isMidway(): boolean;
}

export type MessageFault = "too_large" | "compressed";

/** Cuts a stream of bytes into gRPC messages of at most `maxBytes`. A message that came in one piece is not copied. */
export function messageReader(
  maxBytes: number,
  onMessage: (message: Buffer) => void,
): MessageReader {
  const parts: Buffer[] = [];
  let held = 0;
  /** Of the message under way, prefix included; 0 while that is not known. */
  let wanted = 0;

  function read(chunk: Buffer): MessageFault | undefined {
    let rest = chunk;
    while (rest.length > 0) {
      if (wanted === 0) {
        if (held + rest.length < prefixBytes) {
          keep(rest);
          return undefined;
        }
        // The rare prefix that came in pieces is joined first.
        if (held > 0) {
          rest = Buffer.concat([...parts, rest]);
          drop();
        }
        const length = rest.readUInt32BE(1);
        if (rest[0] !== 0) return "compressed";
        if (length > maxBytes) return "too_large";
        wanted = prefixBytes + length;
      }
      if (held + rest.length < wanted) {
        keep(rest);
        return undefined;
      }
      const last = rest.subarray(0, wanted - held);
      rest = rest.subarray(wanted - held);
      const message = held === 0 ? last : Buffer.concat([...parts, last]);
      drop();
      wanted = 0;
      onMessage(message.subarray(prefixBytes));
    }
    return undefined;
  }

  function keep(part: Buffer): void {
    parts.push(part);
    held += part.length;
  }

  function drop(): void {
    parts.length = 0;
    held = 0;
  }

  return { read, isMidway: () => held > 0 };
}

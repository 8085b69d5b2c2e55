export interface Message {
  /** Status or request line and headers, without the empty line. */
  readonly head: string;
  /** Bytes of head and body. */
  readonly length: number;
}

/** The first HTTP/1.1 message in `bytes`; undefined while it is not whole. Both ends send content-length. */
export function readMessage(bytes: Buffer): Message | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const bodyLength = Number(/\r\ncontent-length: ?(\d+)/i.exec(head)?.[1] ?? 0);
  const length = headEnd + 4 + bodyLength;
  return bytes.length < length ? undefined : { head, length };
}

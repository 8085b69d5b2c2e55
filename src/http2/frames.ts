/** Frame types, flags, settings and error codes of HTTP/2 (RFC 9113), as far as a server meets them. */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

export const setting = {
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;
export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

/** What a client sends first. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export const frameHeaderBytes = 9;
/** Of both sides before they say otherwise, and the least that either may say. */
export const defaultMaxFrameBytes = 16_384;
export const defaultWindowBytes = 65_535;
export const maxWindowBytes = 2 ** 31 - 1;
export const maxStreamId = 2 ** 31 - 1;

/** Writes the nine bytes before a frame's payload. */
export function writeFrameHeader(
  into: Buffer,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  into[0] = length >>> 16;
  into[1] = length >>> 8;
  into[2] = length;
  into[3] = type;
  into[4] = flags;
  into[5] = streamId >>> 24;
  into[6] = streamId >>> 16;
  into[7] = streamId >>> 8;
  into[8] = streamId;
}

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  writeFrameHeader(whole, payload.length, type, flags, streamId);
  whole.set(payload, frameHeaderBytes);
  return whole;
}

export function settingsFrame(values: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(values.length * 6);
  for (const [at, [id, value]] of values.entries()) {
    payload.writeUInt16BE(id, at * 6);
    payload.writeUInt32BE(value, at * 6 + 2);
  }
  return frame(frameType.settings, 0, 0, payload);
}

export const windowUpdateFrame = (streamId: number, increment: number): Buffer =>
  frame(frameType.windowUpdate, 0, streamId, uint32(increment));

export const rstStreamFrame = (streamId: number, code: ErrorCode): Buffer =>
  frame(frameType.rstStream, 0, streamId, uint32(code));

export const goawayFrame = (lastStreamId: number, code: ErrorCode): Buffer =>
  frame(frameType.goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)]));

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import type { Socket } from "node:net";
import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  type ErrorCode,
  errorCode,
  flag,
  frame,
  frameHeaderBytes,
  frameType,
  goawayFrame,
  maxStreamId,
  maxWindowBytes,
  preface,
  rstStreamFrame,
  setting,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from "./frames.ts";
import { type Headers, hpackDecoder } from "./hpack-decoder.ts";

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

export interface Http2Limits {
  /** Streams of one connection; more are refused. */
  readonly maxConcurrentStreams: number;
}

export interface Http2Connection {
  /** Takes no new streams once the peer knows, and closes when those in flight have ended. */
  drain(): void;
  /** Ends everything at once. */
  destroy(): void;
}

interface Stream {
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

/** Bodies come in messages of up to 16 MiB: the protocol's own window of 64 KiB would cost a round trip for each. */
const streamWindowBytes = 4 * 1024 * 1024;
/**
 * Given back as bytes arrive: only streams are held back, each by its own window, so that one that waits does not stop the
 * others. Not larger, as Envoy closes a connection with 10,000 frames under way (outbound_flood), which are 160 MB.
 */
const connectionWindowBytes = 32 * 1024 * 1024;
const tableBytes = 4096;
const maxHeaderBytes = 64 * 1024;
const maxContinuations = 32;
/** Frames that cost us an answer and the peer next to nothing, since its last stream. */
const maxIdleFrames = 10_000;
/** Unsent on a connection before no more is read from it. */
const maxUnsentBytes = 16 * 1024 * 1024;
/** Below it, copying frames into one write is cheaper than a write of many. */
const maxJoinedBytes = 64 * 1024;
const prefaceMs = 10_000;
/** For a peer to confirm that it knows of the drain, and to close once it is over. */
const farewellMs = 1000;

/** The server's side of one HTTP/2 connection (RFC 9113), without push, priorities and the sending side of HPACK's table. */
export function serveConnection(
  socket: Socket,
  open: OpenStream,
  limits: Http2Limits,
): Http2Connection {
  const streams = new Map<number, Stream>();
  const headersOf = hpackDecoder(tableBytes, maxHeaderBytes);
  let pending: Buffer | undefined;
  let prefaced = false;
  let settled = false;
  let over = false;
  let lastStreamId = 0;
  /** The largest stream that is still served; lower once the peer was told that no more are. */
  let acceptedUpTo = maxStreamId;
  let draining = false;
  let idleFrames = 0;
  let block: { id: number; end: boolean; parts: Buffer[]; bytes: number } | undefined;
  let receivable = defaultWindowBytes;
  let sendable = defaultWindowBytes;
  let peerWindowBytes = defaultWindowBytes;
  let peerMaxFrameBytes = defaultMaxFrameBytes;
  const blocked = new Set<Stream>();
  let out: Uint8Array[] = [];
  let outBytes = 0;
  let flushing = false;
  let farewell: NodeJS.Timeout | undefined;

  const tooLate = setTimeout(() => socket.destroy(), prefaceMs);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on("data", read);
  socket.on("drain", () => socket.resume());
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearTimeout(tooLate);
    clearTimeout(farewell);
    over = true;
    loseStreams();
  });
  push(
    settingsFrame([
      [setting.maxConcurrentStreams, limits.maxConcurrentStreams],
      [setting.initialWindowSize, streamWindowBytes],
      [setting.maxHeaderListSize, maxHeaderBytes],
    ]),
  );
  push(windowUpdateFrame(0, connectionWindowBytes - defaultWindowBytes));
  receivable = connectionWindowBytes;
  flush();

  function read(chunk: Buffer): void {
    if (over) return;
    const bytes = pending ? Buffer.concat([pending, chunk]) : chunk;
    pending = undefined;
    flushing = true;
    let at = 0;
    if (!prefaced) {
      const known = Math.min(bytes.length, preface.length);
      if (preface.compare(bytes, 0, known, 0, known) !== 0) {
        fail(errorCode.protocolError);
        return;
      }
      if (known < preface.length) {
        pending = bytes;
        flushing = false;
        return;
      }
      prefaced = true;
      clearTimeout(tooLate);
      at = preface.length;
    }
    while (bytes.length - at >= frameHeaderBytes) {
      const length = bytes.readUIntBE(at, 3);
      if (length > defaultMaxFrameBytes) {
        fail(errorCode.frameSizeError);
        return;
      }
      const start = at + frameHeaderBytes;
      if (bytes.length - start < length) break;
      const id = bytes.readUInt32BE(at + 5) & maxStreamId;
      const fault = onFrame(bytes, bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, id, start, length);
      if (fault !== undefined) {
        fail(fault);
        return;
      }
      at = start + length;
      if (over) return;
    }
    if (at < bytes.length) pending = bytes.subarray(at);
    flushing = false;
    flush();
  }

  /** Gives the error that ends the connection, if it does. */
  function onFrame(
    bytes: Buffer,
    type: number,
    flags: number,
    id: number,
    start: number,
    length: number,
  ): ErrorCode | undefined {
    if (!settled && type !== frameType.settings) return errorCode.protocolError;
    if (block && type !== frameType.continuation) return errorCode.protocolError;
    switch (type) {
      case frameType.data:
        return onDataFrame(bytes, flags, id, start, length);
      case frameType.headers:
        return onHeadersFrame(bytes, flags, id, start, length);
      case frameType.continuation:
        return onContinuation(bytes.subarray(start, start + length), flags, id);
      case frameType.rstStream:
        if (length !== 4) return errorCode.frameSizeError;
        return onReset(id);
      case frameType.settings:
        return onSettings(bytes, flags, id, start, length);
      case frameType.ping:
        if (length !== 8) return errorCode.frameSizeError;
        if (id !== 0) return errorCode.protocolError;
        return onPing(bytes.subarray(start, start + length), flags);
      case frameType.windowUpdate:
        if (length !== 4) return errorCode.frameSizeError;
        return onWindowUpdate(id, bytes.readUInt32BE(start) & maxWindowBytes);
      case frameType.priority:
        if (length !== 5) return errorCode.frameSizeError;
        return id === 0 ? errorCode.protocolError : idle();
      case frameType.goaway:
        return id === 0 ? undefined : errorCode.protocolError;
      case frameType.pushPromise:
        return errorCode.protocolError;
      default:
        // Extensions must be ignored.
        return idle();
    }
  }

  function idle(): ErrorCode | undefined {
    idleFrames++;
    return idleFrames > maxIdleFrames ? errorCode.enhanceYourCalm : undefined;
  }

  function onDataFrame(
    bytes: Buffer,
    flags: number,
    id: number,
    start: number,
    length: number,
  ): ErrorCode | undefined {
    if (id === 0 || id > lastStreamId) return errorCode.protocolError;
    const padding = paddingOf(bytes, flags, start, length);
    if (padding === undefined) return errorCode.protocolError;
    receivable -= length;
    if (receivable < 0) return errorCode.flowControlError;
    if (receivable < connectionWindowBytes / 2) {
      push(windowUpdateFrame(0, connectionWindowBytes - receivable));
      receivable = connectionWindowBytes;
    }
    const stream = streams.get(id);
    const end = (flags & flag.endStream) !== 0;
    if (length === 0 && !end) return idle();
    // What was under way when the stream ended here.
    if (!stream) return undefined;
    if (stream.remoteEnded) return resetStream(stream, errorCode.streamClosed);
    stream.receivable -= length;
    if (stream.receivable < 0) return resetStream(stream, errorCode.flowControlError);
    const from = start + (flags & flag.padded ? 1 : 0);
    const to = start + length - padding;
    if (to < start + length || from > start) consumed(stream, start + length - to + (from - start));
    if (to > from) stream.handler.data(bytes.subarray(from, to));
    if (end && !stream.remoteEnded && streams.has(id)) {
      stream.remoteEnded = true;
      stream.handler.end();
    }
    return undefined;
  }

  function onHeadersFrame(
    bytes: Buffer,
    flags: number,
    id: number,
    start: number,
    length: number,
  ): ErrorCode | undefined {
    // A client's streams have odd numbers.
    if (id % 2 === 0) return errorCode.protocolError;
    const padding = paddingOf(bytes, flags, start, length);
    if (padding === undefined) return errorCode.protocolError;
    const skipped = (flags & flag.padded ? 1 : 0) + (flags & flag.priority ? 5 : 0);
    if (skipped + padding > length) return errorCode.protocolError;
    const part = bytes.subarray(start + skipped, start + length - padding);
    const end = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) return onBlock(id, end, part);
    block = { id, end, parts: [part], bytes: part.length };
    return undefined;
  }

  function onContinuation(part: Buffer, flags: number, id: number): ErrorCode | undefined {
    if (!block || block.id !== id) return errorCode.protocolError;
    block.parts.push(part);
    block.bytes += part.length;
    if (block.bytes > maxHeaderBytes || block.parts.length > maxContinuations) {
      return errorCode.enhanceYourCalm;
    }
    if (!(flags & flag.endHeaders)) return undefined;
    const { end, parts } = block;
    block = undefined;
    return onBlock(id, end, Buffer.concat(parts));
  }

  function onBlock(id: number, end: boolean, part: Buffer): ErrorCode | undefined {
    // Also of a stream that is refused: the table must see every block.
    const headers = headersOf.decode(part);
    if (headers === "compression_error") return errorCode.compressionError;
    const known = streams.get(id);
    if (known) {
      // Trailers, which end the stream.
      if (known.remoteEnded) return resetStream(known, errorCode.streamClosed);
      if (!end) return resetStream(known, errorCode.protocolError);
      known.remoteEnded = true;
      known.handler.end();
      return undefined;
    }
    if (id <= lastStreamId) {
      // Trailers of a stream that ended here while they were under way, or a stream opened twice.
      return end ? undefined : errorCode.streamClosed;
    }
    lastStreamId = id;
    idleFrames = 0;
    if (id > acceptedUpTo || streams.size >= limits.maxConcurrentStreams) {
      push(rstStreamFrame(id, errorCode.refusedStream));
      return undefined;
    }
    if (headers === "too_large") {
      push(rstStreamFrame(id, errorCode.enhanceYourCalm));
      return undefined;
    }
    openStream(id, headers, end);
    return undefined;
  }

  function openStream(id: number, headers: Headers, end: boolean): void {
    const stream: Stream = {
      id,
      handler: unheard,
      receivable: streamWindowBytes,
      unannounced: 0,
      sendable: peerWindowBytes,
      unsent: [],
      blocked: false,
      trailers: undefined,
      remoteEnded: false,
    };
    streams.set(id, stream);
    stream.handler = open(faceOf(stream), headers);
    if (end && streams.has(id)) {
      stream.remoteEnded = true;
      stream.handler.end();
    }
  }

  const faceOf = (stream: Stream): Http2Stream => ({
    sendHeaders(headerBlock, end) {
      if (!streams.has(stream.id)) return;
      if (!end) push(headersFrame(stream.id, headerBlock, false));
      else if (stream.blocked) stream.trailers = headerBlock;
      else finish(stream, headerBlock);
      schedule();
    },
    sendData(framed, ...more) {
      if (streams.has(stream.id)) sendData(stream, framed, more);
      schedule();
    },
    consumed(bytes) {
      if (streams.has(stream.id)) consumed(stream, bytes);
    },
    isBlocked: () => stream.blocked,
    reset(code) {
      if (!streams.has(stream.id)) return;
      push(rstStreamFrame(stream.id, code));
      forget(stream);
      schedule();
    },
  });

  function sendData(stream: Stream, framed: Buffer, more: readonly Buffer[]): void {
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
    sendUnsent(stream);
  }

  /** As much as the windows let through. */
  function sendUnsent(stream: Stream): void {
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

  function finish(stream: Stream, headerBlock: Uint8Array): void {
    push(headersFrame(stream.id, headerBlock, true));
    // Asks the peer to stop sending what nobody reads (RFC 9113, section 8.1).
    if (!stream.remoteEnded) push(rstStreamFrame(stream.id, errorCode.noError));
    forget(stream);
  }

  function consumed(stream: Stream, bytes: number): void {
    stream.unannounced += bytes;
    if (stream.remoteEnded || stream.unannounced < streamWindowBytes / 2) return;
    push(windowUpdateFrame(stream.id, stream.unannounced));
    stream.receivable += stream.unannounced;
    stream.unannounced = 0;
    schedule();
  }

  function onReset(id: number): ErrorCode | undefined {
    if (id === 0 || id > lastStreamId) return errorCode.protocolError;
    const stream = streams.get(id);
    if (!stream) return undefined;
    forget(stream);
    stream.handler.gone();
    return undefined;
  }

  /** An error of one stream: the connection goes on. */
  function resetStream(stream: Stream, code: ErrorCode): undefined {
    push(rstStreamFrame(stream.id, code));
    forget(stream);
    stream.handler.gone();
  }

  function forget(stream: Stream): void {
    streams.delete(stream.id);
    blocked.delete(stream);
    stream.unsent.length = 0;
    if (acceptedUpTo < maxStreamId && streams.size === 0) close();
  }

  function onSettings(
    bytes: Buffer,
    flags: number,
    id: number,
    start: number,
    length: number,
  ): ErrorCode | undefined {
    if (id !== 0) return errorCode.protocolError;
    settled = true;
    if (flags & flag.ack) return length === 0 ? undefined : errorCode.frameSizeError;
    if (length % 6 !== 0) return errorCode.frameSizeError;
    for (let at = start; at < start + length; at += 6) {
      const fault = applySetting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (fault !== undefined) return fault;
    }
    push(frame(frameType.settings, flag.ack, 0, nothing));
    return idle();
  }

  /** The others concern what we do not do: push, and the sending side of HPACK's table. */
  function applySetting(id: number, value: number): ErrorCode | undefined {
    if (id === setting.maxFrameSize) {
      if (value < defaultMaxFrameBytes || value > 0xffffff) return errorCode.protocolError;
      peerMaxFrameBytes = value;
    } else if (id === setting.initialWindowSize) {
      if (value > maxWindowBytes) return errorCode.flowControlError;
      const more = value - peerWindowBytes;
      peerWindowBytes = value;
      for (const stream of streams.values()) {
        stream.sendable += more;
        if (stream.sendable > maxWindowBytes) return errorCode.flowControlError;
      }
      for (const stream of blocked) sendUnsent(stream);
    }
    return undefined;
  }

  function onPing(payload: Buffer, flags: number): ErrorCode | undefined {
    if (flags & flag.ack) {
      if (draining && payload.equals(drainPing)) acceptNoMore();
      return undefined;
    }
    push(frame(frameType.ping, flag.ack, 0, payload));
    return idle();
  }

  function onWindowUpdate(id: number, increment: number): ErrorCode | undefined {
    if (id === 0) {
      if (increment === 0) return errorCode.protocolError;
      sendable += increment;
      if (sendable > maxWindowBytes) return errorCode.flowControlError;
      for (const stream of blocked) sendUnsent(stream);
      return undefined;
    }
    if (id > lastStreamId) return errorCode.protocolError;
    const stream = streams.get(id);
    if (!stream) return undefined;
    if (increment === 0) return resetStream(stream, errorCode.protocolError);
    stream.sendable += increment;
    if (stream.sendable > maxWindowBytes) return resetStream(stream, errorCode.flowControlError);
    if (stream.blocked) sendUnsent(stream);
    return undefined;
  }

  function push(bytes: Uint8Array): void {
    out.push(bytes);
    outBytes += bytes.length;
  }

  /** What is sent while frames are read goes out with the answers to all of them; later, with what else this turn sends. */
  function schedule(): void {
    if (flushing) return;
    flushing = true;
    process.nextTick(() => {
      flushing = false;
      flush();
    });
  }

  function flush(): void {
    if (out.length === 0 || socket.destroyed) return;
    const [first] = out;
    if (out.length === 1 && first) socket.write(first);
    else if (outBytes <= maxJoinedBytes) socket.write(Buffer.concat(out, outBytes));
    else {
      socket.cork();
      for (const bytes of out) socket.write(bytes);
      socket.uncork();
    }
    out = [];
    outBytes = 0;
    // Whoever does not read the answers gets no more of them made.
    if (socket.writableLength > maxUnsentBytes) socket.pause();
  }

  function fail(code: ErrorCode): void {
    over = true;
    push(goawayFrame(lastStreamId, code));
    loseStreams();
    close();
  }

  function loseStreams(): void {
    for (const stream of [...streams.values()]) {
      streams.delete(stream.id);
      stream.handler.gone();
    }
    blocked.clear();
  }

  function close(): void {
    flush();
    over = true;
    socket.end();
    clearTimeout(farewell);
    farewell = setTimeout(() => socket.destroy(), farewellMs);
  }

  /** A stream that the peer opened before it read this must still be served, so the last one is named after a round trip. */
  function drain(): void {
    if (draining || over) return;
    draining = true;
    push(goawayFrame(maxStreamId, errorCode.noError));
    push(frame(frameType.ping, 0, 0, drainPing));
    flush();
    farewell = setTimeout(acceptNoMore, farewellMs);
  }

  function acceptNoMore(): void {
    if (over || acceptedUpTo < maxStreamId) return;
    clearTimeout(farewell);
    acceptedUpTo = lastStreamId;
    push(goawayFrame(lastStreamId, errorCode.noError));
    if (streams.size === 0) close();
    else schedule();
  }

  return { drain, destroy: () => void socket.destroy() };
}

const nothing = new Uint8Array();
const drainPing = Buffer.from("draining", "latin1");

const unheard: StreamHandler = {
  data: () => undefined,
  end: () => undefined,
  drained: () => undefined,
  gone: () => undefined,
};

/** Bytes of padding at the end; undefined when they are more than the frame. */
function paddingOf(
  bytes: Buffer,
  flags: number,
  start: number,
  length: number,
): number | undefined {
  if (!(flags & flag.padded)) return 0;
  const padding = bytes[start] as number;
  return length > 0 && padding < length ? padding : undefined;
}

const headersFrame = (id: number, block: Uint8Array, end: boolean): Buffer =>
  frame(frameType.headers, flag.endHeaders | (end ? flag.endStream : 0), id, block);

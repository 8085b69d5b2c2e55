import type { Socket } from "node:net";
import { type Block, blockReader, paddingOf } from "./block-reader.ts";
import { type Frame, frameReader } from "./frame-reader.ts";
import {
  defaultWindowBytes,
  type ErrorCode,
  errorCode,
  flag,
  frame,
  frameType,
  goawayFrame,
  maxStreamId,
  maxWindowBytes,
  rstStreamFrame,
  setting,
  settingsFrame,
  windowUpdateFrame,
} from "./frames.ts";
import { type Headers, hpackDecoder } from "./hpack-decoder.ts";
import { outputTo } from "./output.ts";
import { sender } from "./sender.ts";
import { type Http2Stream, type OpenStream, type StreamState, unheard } from "./stream.ts";

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

/** Bodies come in messages of up to 16 MiB: the protocol's own window of 64 KiB would cost a round trip for each. */
const streamWindowBytes = 4 * 1024 * 1024;
/**
 * Given back as bytes arrive: only streams are held back, each by its own window, so that one that waits does not stop the
 * others. Not larger, as Envoy closes a connection with 10,000 frames under way (outbound_flood), which are 160 MB.
 */
const connectionWindowBytes = 32 * 1024 * 1024;
const tableBytes = 4096;
const maxHeaderBytes = 64 * 1024;
/** Frames that cost us an answer and the peer next to nothing, since its last stream. */
const maxIdleFrames = 10_000;
const prefaceMs = 10_000;
/** For a peer to confirm that it knows of the drain; a busy one takes its time. */
const drainMs = 5000;
/** For a peer to read on, once all is over: the system's own buffers have megabytes that move before ours do. */
const farewellMs = 5000;
/** There are seven; more in one frame are work for nothing. */
const maxSettings = 32;

/** The server's side of one HTTP/2 connection (RFC 9113), without push, priorities and the sending side of HPACK's table. */
export function serveConnection(
  socket: Socket,
  open: OpenStream,
  limits: Http2Limits,
): Http2Connection {
  const streams = new Map<number, StreamState>();
  const output = outputTo(socket);
  const { push, schedule, flush } = output;
  const sending = sender(output, finished);
  const frames = frameReader((one) =>
    over ? "stop" : (onFrame(one) ?? (over ? "stop" : undefined)),
  );
  const blocks = blockReader(maxHeaderBytes);
  const { decode } = hpackDecoder(tableBytes, maxHeaderBytes);
  let settled = false;
  let over = false;
  let lastStreamId = 0;
  /** The largest stream that is still served; lower once the peer was told that no more are. */
  let acceptedUpTo = maxStreamId;
  let draining = false;
  let idleFrames = 0;
  let receivable = connectionWindowBytes;
  let farewell: NodeJS.Timeout | undefined;

  const tooLate = setTimeout(() => socket.destroy(), prefaceMs);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on("data", read);
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
  flush();

  function read(chunk: Buffer): void {
    if (over) return;
    output.hold();
    const fault = frames.read(chunk);
    if (frames.isPrefaced()) clearTimeout(tooLate);
    if (fault !== undefined) fail(fault);
    else flush();
  }

  /** Gives the error that ends the connection, if it does. */
  function onFrame(one: Frame): ErrorCode | undefined {
    const { bytes, type, id, start, length } = one;
    if (!settled && type !== frameType.settings) return errorCode.protocolError;
    if (blocks.isMidway() && type !== frameType.continuation) return errorCode.protocolError;
    switch (type) {
      case frameType.data:
        return onData(one);
      case frameType.headers:
        // A client's streams have odd numbers.
        return id % 2 === 0 ? errorCode.protocolError : onBlock(blocks.headers(one));
      case frameType.continuation:
        return onBlock(blocks.continuation(one));
      case frameType.rstStream:
        return length === 4 ? onReset(id) : errorCode.frameSizeError;
      case frameType.settings:
        return onSettings(one);
      case frameType.ping:
        return onPing(one);
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

  function onData(one: Frame): ErrorCode | undefined {
    const { bytes, flags, id, start, length } = one;
    if (id === 0 || id > lastStreamId) return errorCode.protocolError;
    const padding = paddingOf(one);
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
    const around = length - (to - from);
    if (around > 0) consumed(stream, around);
    if (to > from) stream.handler.data(bytes.subarray(from, to));
    if (end) endOfRequest(stream);
    return undefined;
  }

  function endOfRequest(stream: StreamState): void {
    if (stream.remoteEnded || !streams.has(stream.id)) return;
    stream.remoteEnded = true;
    stream.handler.end();
  }

  function onBlock(block: Block | ErrorCode | undefined): ErrorCode | undefined {
    if (block === undefined || typeof block === "number") return block;
    const { id, end } = block;
    // Also of a stream that is refused: the table must see every block.
    const headers = decode(block.bytes);
    if (headers === "compression_error") return errorCode.compressionError;
    const known = streams.get(id);
    if (known) {
      // Trailers, which end the stream.
      if (known.remoteEnded) return resetStream(known, errorCode.streamClosed);
      if (!end) return resetStream(known, errorCode.protocolError);
      endOfRequest(known);
      return undefined;
    }
    // Trailers of a stream that ended here while they were under way, or a stream opened twice.
    if (id <= lastStreamId) return end ? undefined : errorCode.streamClosed;
    lastStreamId = id;
    idleFrames = 0;
    if (id > acceptedUpTo || streams.size >= limits.maxConcurrentStreams) {
      push(rstStreamFrame(id, errorCode.refusedStream));
    } else if (headers === "too_large") {
      push(rstStreamFrame(id, errorCode.enhanceYourCalm));
    } else openStream(id, headers, end);
    return undefined;
  }

  function openStream(id: number, headers: Headers, end: boolean): void {
    const stream: StreamState = {
      id,
      handler: unheard,
      receivable: streamWindowBytes,
      unannounced: 0,
      sendable: sending.initialWindow(),
      unsent: [],
      blocked: false,
      trailers: undefined,
      remoteEnded: false,
    };
    streams.set(id, stream);
    stream.handler = open(faceOf(stream), headers);
    if (end) endOfRequest(stream);
  }

  const faceOf = (stream: StreamState): Http2Stream => ({
    sendHeaders(block, end) {
      if (!streams.has(stream.id)) return;
      if (end) sending.trailers(stream, block);
      else sending.headers(stream, block);
      schedule();
    },
    sendData(framed, ...more) {
      if (!streams.has(stream.id)) return;
      sending.data(stream, framed, more);
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

  function finished(stream: StreamState): void {
    // Asks the peer to stop sending what nobody reads (RFC 9113, section 8.1).
    if (!stream.remoteEnded) push(rstStreamFrame(stream.id, errorCode.noError));
    forget(stream);
  }

  function consumed(stream: StreamState, bytes: number): void {
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
  function resetStream(stream: StreamState, code: ErrorCode): undefined {
    push(rstStreamFrame(stream.id, code));
    forget(stream);
    stream.handler.gone();
  }

  function forget(stream: StreamState): void {
    streams.delete(stream.id);
    sending.forget(stream);
    if (acceptedUpTo < maxStreamId && streams.size === 0) close();
  }

  function onSettings({ bytes, flags, id, start, length }: Frame): ErrorCode | undefined {
    if (id !== 0) return errorCode.protocolError;
    settled = true;
    if (flags & flag.ack) return length === 0 ? undefined : errorCode.frameSizeError;
    if (length % 6 !== 0) return errorCode.frameSizeError;
    if (length > 6 * maxSettings) return errorCode.enhanceYourCalm;
    for (let at = start; at < start + length; at += 6) {
      const [name, value] = [bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)];
      const fault = sending.setting(name, value, streams.values());
      if (fault !== undefined) return fault;
    }
    push(frame(frameType.settings, flag.ack, 0, nothing));
    return idle();
  }

  function onPing({ bytes, flags, id, start, length }: Frame): ErrorCode | undefined {
    if (length !== 8) return errorCode.frameSizeError;
    if (id !== 0) return errorCode.protocolError;
    const payload = bytes.subarray(start, start + length);
    if (flags & flag.ack) {
      if (draining && payload.equals(drainPing)) acceptNoMore();
      return undefined;
    }
    push(frame(frameType.ping, flag.ack, 0, payload));
    return idle();
  }

  function onWindowUpdate(id: number, more: number): ErrorCode | undefined {
    if (id === 0) {
      if (more === 0) return errorCode.protocolError;
      return sending.connectionWindow(more) ? undefined : errorCode.flowControlError;
    }
    if (id > lastStreamId) return errorCode.protocolError;
    const stream = streams.get(id);
    if (!stream) return undefined;
    if (more === 0) return resetStream(stream, errorCode.protocolError);
    if (!sending.streamWindow(stream, more)) resetStream(stream, errorCode.flowControlError);
    return undefined;
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
      sending.forget(stream);
      stream.handler.gone();
    }
  }

  function close(): void {
    flush();
    over = true;
    socket.end();
    clearTimeout(farewell);
    let unsent = socket.writableLength;
    farewell = setInterval(() => {
      // What is under way may take longer, as long as it moves.
      if (socket.writableLength === unsent) socket.destroy();
      unsent = socket.writableLength;
    }, farewellMs);
  }

  /** A stream that the peer opened before it read this must still be served, so the last one is named after a round trip. */
  function drain(): void {
    if (draining || over) return;
    draining = true;
    push(goawayFrame(maxStreamId, errorCode.noError));
    push(frame(frameType.ping, 0, 0, drainPing));
    flush();
    farewell = setTimeout(acceptNoMore, drainMs);
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

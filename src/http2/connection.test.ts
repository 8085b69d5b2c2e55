import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Http2Connection, serveConnection } from "./connection.ts";
import { errorCode, frame, frameType, preface, settingsFrame } from "./frames.ts";
import type { Http2Stream, OpenStream } from "./stream.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

const answerHeaders = Buffer.of(0x88);

/** Echoes the body, and ends when the client does. */
const echo: OpenStream = (stream) => {
  stream.sendHeaders(answerHeaders, false);
  return {
    data(payload) {
      stream.consumed(payload.length);
      stream.sendData(Buffer.concat([Buffer.alloc(9), payload]));
    },
    end: () => stream.sendHeaders(Buffer.from("000b677270632d737461747573" + "0130", "hex"), true),
    drained: () => undefined,
    gone: () => undefined,
  };
};

async function start(open: OpenStream = echo, maxConcurrentStreams = 100) {
  const connections: Http2Connection[] = [];
  const server = createServer((socket) => {
    connections.push(serveConnection(socket, open, { maxConcurrentStreams }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  cleanup.push(() => {
    server.close();
    for (const connection of connections) connection.destroy();
  });
  return { port, connections };
}

/** Node's own HTTP/2, as a client. */
function client(port: number, settings: http2.Settings = {}): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings });
  session.on("error", () => undefined);
  cleanup.push(() => session.destroy());
  return session;
}

async function post(session: http2.ClientHttp2Session, body: Buffer, headers: object = {}) {
  const stream = session.request({ ":method": "POST", ":path": "/", ...headers });
  stream.end(body);
  const pieces: Buffer[] = [];
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  stream.on("trailers", (found) => {
    trailers = found;
  });
  await once(stream, "end");
  return { body: Buffer.concat(pieces), trailers };
}

describe("beside Node's own HTTP/2", () => {
  test("an echo of 5 MB, with the windows that a client has by default and with tiny ones", async () => {
    const { port } = await start();
    const body = Buffer.alloc(5_000_000, "0123456789abcdef");
    for (const settings of [{}, { initialWindowSize: 1000, maxFrameSize: 16_384 }]) {
      const answer = await post(client(port, settings), body);
      expect(answer.body.equals(body)).toBe(true);
      expect(answer.trailers["grpc-status"]).toBe("0");
    }
  });

  test("a hundred streams at once, each its own body", async () => {
    const { port } = await start();
    const session = client(port);
    const bodies = Array.from({ length: 100 }, (_, at) => Buffer.alloc(at * 1000, `${at}`));
    const answers = await Promise.all(bodies.map((body) => post(session, body)));
    for (const [at, answer] of answers.entries()) {
      expect(answer.body.equals(bodies[at] as Buffer)).toBe(true);
    }
  });

  test("headers are what was sent, whatever the table holds by then", async () => {
    const seen: ReadonlyMap<string, string>[] = [];
    const { port } = await start((stream, headers) => {
      seen.push(headers);
      return echo(stream, headers);
    });
    const session = client(port);
    const name = fc.stringMatching(/^x-[a-z0-9-]{1,30}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,400}[!-~])?$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 12 }), async (headers) => {
        seen.length = 0;
        await post(session, Buffer.alloc(0), headers);
        const [found] = seen;
        for (const [key, sent] of Object.entries(headers)) expect(found?.get(key)).toBe(sent);
      }),
      { numRuns: 60 },
    );
  });

  test("draining: the client knows, what is in flight ends, and the connection closes", async () => {
    const { port, connections } = await start();
    const session = client(port);
    const stream = session.request({ ":method": "POST", ":path": "/" }, { endStream: false });
    await once(stream, "response");
    const goaways: number[] = [];
    session.on("goaway", (code) => goaways.push(code));
    connections[0]?.drain();
    await expect.poll(() => goaways.length).toBeGreaterThan(0);
    stream.end("the rest");
    stream.setEncoding("utf8");
    let text = "";
    for await (const piece of stream) text += piece;
    expect(text).toBe("the rest");
    if (!session.destroyed) await once(session, "close");
    expect(goaways.every((code) => code === 0)).toBe(true);
  });

  test("a ping is answered", async () => {
    const { port } = await start();
    const session = client(port);
    await once(session, "connect");
    const payload = Buffer.from("8 bytes!");
    const echoed = await new Promise<Buffer>((resolve, reject) =>
      session.ping(payload, (error, _, back) => (error ? reject(error) : resolve(back))),
    );
    expect(echoed.equals(payload)).toBe(true);
  });
});

/** Frames as they stand on the wire. */
interface Wire {
  send(...frames: Uint8Array[]): void;
  /** The next frame of this type. */
  next(
    type: number,
  ): Promise<{ readonly flags: number; readonly id: number; readonly payload: Buffer }>;
  readonly closed: Promise<void>;
  readonly socket: Socket;
}

async function wire(
  port: number,
  opening: readonly Uint8Array[] = [preface, settingsFrame([])],
): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  cleanup.push(() => socket.destroy());
  await once(socket, "connect");
  socket.on("error", () => undefined);
  let bytes: Buffer = Buffer.alloc(0);
  let changed = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    changed.resolve();
    changed = Promise.withResolvers();
  });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  for (const part of opening) socket.write(part);
  return {
    socket,
    closed,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    async next(type) {
      for (;;) {
        while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
          const length = bytes.readUIntBE(0, 3);
          const found = {
            type: bytes[3],
            flags: bytes[4] as number,
            id: bytes.readUInt32BE(5),
            payload: bytes.subarray(9, 9 + length),
          };
          bytes = bytes.subarray(9 + length);
          if (found.type === type) return found;
        }
        await changed.promise;
      }
    },
  };
}

const headersOf = (id: number, flags = 0x4, block: Uint8Array = Buffer.from("838684", "hex")) =>
  frame(frameType.headers, flags, id, block);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const many = (count: number, one: Buffer): Buffer => Buffer.concat(Array(count).fill(one));
const { protocolError, frameSizeError, flowControlError, streamClosed, compressionError } =
  errorCode;
const { enhanceYourCalm, refusedStream } = errorCode;

describe("what ends a connection", () => {
  test.each<[string, number, Uint8Array[]]>([
    ["a frame larger than 16 KiB", frameSizeError, [frame(0, 0, 1, Buffer.alloc(16_385))]],
    ["data of stream 0", protocolError, [frame(0, 0, 0, Buffer.alloc(1))]],
    ["data of a stream that was never opened", protocolError, [frame(0, 0, 5, Buffer.alloc(1))]],
    ["a stream of an even number", protocolError, [headersOf(2)]],
    ["a stream opened twice", streamClosed, [headersOf(3), headersOf(1)]],
    [
      "padding longer than its frame",
      protocolError,
      [headersOf(1), frame(0, 0x8, 1, Buffer.of(9, 0))],
    ],
    [
      "a frame within a header block",
      protocolError,
      [headersOf(1, 0), frame(6, 0, 0, Buffer.alloc(8))],
    ],
    [
      "a continuation of another stream",
      protocolError,
      [headersOf(1, 0), frame(9, 4, 3, Buffer.alloc(1))],
    ],
    ["a continuation of nothing", protocolError, [frame(9, 4, 1, Buffer.alloc(1))]],
    [
      "a header block without end",
      enhanceYourCalm,
      [headersOf(1, 0), many(40, frame(9, 0, 1, Buffer.alloc(1)))],
    ],
    [
      "a header block of 80 KiB",
      enhanceYourCalm,
      [headersOf(1, 0), many(5, frame(9, 0, 1, Buffer.alloc(16_000)))],
    ],
    ["a header block that is none", compressionError, [headersOf(1, 0x4, Buffer.of(0x80))]],
    ["a reset of stream 0", protocolError, [frame(3, 0, 0, uint32(8))]],
    ["a reset of a stream that was never opened", protocolError, [frame(3, 0, 7, uint32(8))]],
    ["a reset of three bytes", frameSizeError, [headersOf(1), frame(3, 0, 1, Buffer.alloc(3))]],
    ["settings of a stream", protocolError, [frame(4, 0, 1, Buffer.alloc(0))]],
    ["settings of five bytes", frameSizeError, [frame(4, 0, 0, Buffer.alloc(5))]],
    ["a window of 2^31", flowControlError, [settingsFrame([[4, 2 ** 31]])]],
    ["frames of 1 KiB at most", protocolError, [settingsFrame([[5, 1024]])]],
    ["a promise", protocolError, [frame(5, 4, 1, Buffer.alloc(4))]],
    ["a ping of seven bytes", frameSizeError, [frame(6, 0, 0, Buffer.alloc(7))]],
    ["a ping of a stream", protocolError, [frame(6, 0, 1, Buffer.alloc(8))]],
    ["a window that grows by 0", protocolError, [frame(8, 0, 0, uint32(0))]],
    ["a window that grows beyond 2^31", flowControlError, [frame(8, 0, 0, uint32(2 ** 31 - 1))]],
    ["pings without end", enhanceYourCalm, [many(10_001, frame(6, 0, 0, Buffer.alloc(8)))]],
    ["33 settings in a frame", enhanceYourCalm, [settingsFrame(Array(33).fill([4, 100]))]],
    ["settings without end", enhanceYourCalm, [many(10_001, settingsFrame([]))]],
    [
      "empty data without end",
      enhanceYourCalm,
      [headersOf(1), many(10_001, frame(0, 0, 1, Buffer.alloc(0)))],
    ],
  ])("%s", async (_, code, frames) => {
    const { port } = await start();
    const { send, next, closed } = await wire(port);
    send(...frames);
    const { payload } = await next(frameType.goaway);
    expect(payload.readUInt32BE(4)).toBe(code);
    await closed;
  });

  test("another protocol, and a first frame that is not of settings", async () => {
    const { port } = await start();
    for (const opening of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.concat([preface, headersOf(1)]),
    ]) {
      const { next, closed } = await wire(port, [opening]);
      expect((await next(frameType.goaway)).payload.readUInt32BE(4)).toBe(protocolError);
      await closed;
    }
  });
});

describe("what ends a stream only", () => {
  test.each<[string, number, Uint8Array[]]>([
    [
      "data after its end",
      streamClosed,
      [headersOf(1), frame(0, 1, 1, Buffer.alloc(0)), frame(0, 0, 1, Buffer.alloc(1))],
    ],
    ["trailers that do not end it", protocolError, [headersOf(1), headersOf(1)]],
    ["a window that grows by 0", protocolError, [headersOf(1), frame(8, 0, 1, uint32(0))]],
    ["a window beyond 2^31", flowControlError, [headersOf(1), frame(8, 0, 1, uint32(2 ** 31 - 1))]],
    [
      "more data than its window",
      flowControlError,
      [headersOf(1), many(257, frame(0, 0, 1, Buffer.alloc(16_384)))],
    ],
    ["headers of 70 KiB by the table", enhanceYourCalm, [headersOf(1, 0x4, manyFields())]],
  ])("%s", async (_, code, frames) => {
    const { port } = await start((stream: Http2Stream) => ({
      ...echo(stream, new Map()),
      data: () => undefined,
      end: () => undefined,
    }));
    const { send, next } = await wire(port);
    send(...frames);
    const { payload, id } = await next(frameType.rstStream);
    expect([id, payload.readUInt32BE(0)]).toEqual([1, code]);
    send(headersOf(3));
    expect((await next(frameType.headers)).id).toBe(3);
  });

  /** One field of 4,000 bytes put into the table, and named twenty times. */
  function manyFields(): Buffer {
    const value = Buffer.alloc(4000, "v");
    return Buffer.concat([Buffer.from("4001617fa11e", "hex"), value, Buffer.alloc(20, 0xbe)]);
  }

  test("more streams than are taken are refused, and those that are open go on", async () => {
    const { port } = await start(echo, 2);
    const { send, next } = await wire(port);
    send(headersOf(1), headersOf(3), headersOf(5));
    const { payload, id } = await next(frameType.rstStream);
    expect([id, payload.readUInt32BE(0)]).toEqual([5, refusedStream]);
    send(frame(0, 1, 1, Buffer.from("one")));
    expect((await next(frameType.data)).payload.toString()).toBe("one");
  });
});

test("streams that the client resets are gone, each once, however many, and the next one is served", async () => {
  let gone = 0;
  const { port } = await start((stream, headers) => ({
    ...echo(stream, headers),
    gone: () => {
      gone++;
    },
  }));
  const { send, next } = await wire(port);
  const count = 20_000;
  for (let at = 0; at < count; at++) {
    const id = 2 * at + 1;
    send(headersOf(id), frame(frameType.rstStream, 0, id, uint32(errorCode.cancel)));
  }
  const last = 2 * count + 1;
  send(headersOf(last), frame(0, 1, last, Buffer.from("still here")));
  expect((await next(frameType.data)).payload.toString()).toBe("still here");
  expect(gone).toBe(count);
});

test("frames in pieces of one byte, padding and unknown frames are read like any other", async () => {
  const { port } = await start();
  const { socket, next } = await wire(port);
  const padded = Buffer.concat([Buffer.of(3), Buffer.from("hello"), Buffer.alloc(3)]);
  const priority = Buffer.concat([
    Buffer.of(2),
    Buffer.alloc(5),
    Buffer.from("838684", "hex"),
    Buffer.alloc(2),
  ]);
  const bytes = Buffer.concat([
    frame(99, 0, 0, Buffer.from("an extension")),
    headersOf(1, 0x4 | 0x8 | 0x20, priority),
    frame(2, 0, 1, Buffer.alloc(5)),
    frame(0, 0x8 | 0x1, 1, padded),
  ]);
  for (const byte of bytes) {
    socket.write(Buffer.of(byte));
    await new Promise((soon) => setImmediate(soon));
  }
  expect((await next(frameType.data)).payload.toString()).toBe("hello");
});

test("an answer waits for the client's window, and the stream's owner is told when it is through", async () => {
  let drained = 0;
  let stream: Http2Stream | undefined;
  const { port } = await start((opened) => {
    stream = opened;
    opened.sendHeaders(answerHeaders, false);
    const count = () => drained++;
    return { data: () => undefined, end: () => undefined, drained: count, gone: () => undefined };
  });
  const { send, next } = await wire(port, [preface, settingsFrame([[4, 10]])]);
  send(headersOf(1));
  await next(frameType.headers);
  stream?.sendData(Buffer.concat([Buffer.alloc(9), Buffer.from("0123456789abcdef")]));
  expect((await next(frameType.data)).payload.toString()).toBe("0123456789");
  expect([stream?.isBlocked(), drained]).toEqual([true, 0]);
  send(frame(8, 0, 1, uint32(100)));
  expect((await next(frameType.data)).payload.toString()).toBe("abcdef");
  expect([stream?.isBlocked(), drained]).toEqual([false, 1]);
});

test("streams that the client had opened before it learns of a drain are served", async () => {
  const { port, connections } = await start();
  const { send, next, closed } = await wire(port);
  send(headersOf(1));
  await next(frameType.headers);
  connections[0]?.drain();
  expect((await next(frameType.goaway)).payload.readUInt32BE(0)).toBe(2 ** 31 - 1);
  const ping = await next(frameType.ping);
  // Was under way when the server said it.
  send(headersOf(3), frame(frameType.ping, 1, 0, ping.payload));
  expect((await next(frameType.headers)).id).toBe(3);
  expect((await next(frameType.goaway)).payload.readUInt32BE(0)).toBe(3);
  send(headersOf(5));
  const refused = await next(frameType.rstStream);
  expect([refused.id, refused.payload.readUInt32BE(0)]).toEqual([5, refusedStream]);
  send(frame(0, 1, 1, Buffer.alloc(0)), frame(0, 1, 3, Buffer.alloc(0)));
  await closed;
});

test("an answer that is under way at the end is read to its end, however slowly", async () => {
  const answer = Buffer.alloc(8_000_000, "abcdefgh");
  const { port, connections } = await start((stream) => {
    stream.sendHeaders(answerHeaders, false);
    return {
      data: (payload) => stream.consumed(payload.length),
      end() {
        stream.sendData(Buffer.concat([Buffer.alloc(9), answer]));
        stream.sendHeaders(answerHeaders, true);
      },
      drained: () => undefined,
      gone: () => undefined,
    };
  });
  const opening = [preface, settingsFrame([[4, 2 ** 31 - 1]]), frame(8, 0, 0, uint32(2 ** 30))];
  const { send, socket, next, closed } = await wire(port, opening);
  await next(frameType.settings);
  let received = 0;
  socket.removeAllListeners("data");
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    socket.pause();
    if (received > 2_000_000) socket.resume();
    else setTimeout(() => socket.resume(), 100);
  });
  send(headersOf(1, 0x5));
  await expect.poll(() => received).toBeGreaterThan(0);
  connections[0]?.drain();
  send(frame(frameType.ping, 1, 0, Buffer.from("draining")));
  await closed;
  expect(received).toBeGreaterThan(answer.length);
});

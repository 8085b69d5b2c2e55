import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { serveConnection } from "../http2/connection.ts";
import { grpcStreams, headroomBytes, type Method } from "./serve-call.ts";
import { status } from "./status.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

const echo: Method = (call) => ({
  message(bytes) {
    call.send(Buffer.concat([Buffer.alloc(headroomBytes), bytes]));
    return undefined;
  },
  end: () => call.end(status.ok),
  gone: () => undefined,
});

async function start(method: Method, maxMessageBytes = 1_000_000) {
  const methods = new Map([["/test.Test/Call", method]]);
  const open = grpcStreams({ methods, maxMessageBytes });
  const server = createServer((socket) => {
    serveConnection(socket, open, { maxConcurrentStreams: 100 });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  cleanup.push(() => {
    client.close();
    server.close();
  });
  const open1 = (deadline = Number.POSITIVE_INFINITY, path = "/test.Test/Call") =>
    client.makeBidiStreamRequest(
      path,
      (message: Buffer) => message,
      (bytes) => bytes,
      { deadline },
    );
  return { port, call: open1 };
}

const errorOf = (call: { on(event: "error", heard: (error: ServiceError) => void): unknown }) =>
  new Promise<ServiceError>((resolve) => call.on("error", resolve));

test("messages of every size come back in order: empty, of a frame, of many, larger than a window", async () => {
  const { call } = await start(echo, 10_000_000);
  const sizes = [0, 1, 16_374, 16_375, 16_384, 70_000, 6_000_000];
  const stream = call();
  for (const size of sizes) stream.write(Buffer.alloc(size, `${size}`));
  stream.end();
  const seen: Buffer[] = [];
  for await (const message of stream) seen.push(message as Buffer);
  expect(seen.map(({ length }) => length)).toEqual(sizes);
  expect(
    seen.every((message) => message.equals(Buffer.alloc(message.length, `${message.length}`))),
  ).toBe(true);
});

test("a message is given once the one before is dealt with", async () => {
  let under = 0;
  const order: number[] = [];
  const { call } = await start((one) => ({
    async message(bytes) {
      expect(++under).toBe(1);
      await new Promise((soon) => setTimeout(soon, 5));
      order.push(bytes[0] as number);
      under--;
    },
    end: () => one.end(status.ok),
    gone: () => undefined,
  }));
  const stream = call();
  for (let at = 0; at < 10; at++) stream.write(Buffer.of(at));
  stream.end();
  await once(stream.resume(), "end");
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("an unknown method, a message that is too large, and words with signs of their own", async () => {
  const { call } = await start((one, headers) => ({
    ...echo(one, headers),
    end: () => one.end(status.notFound, "100 % of “it”\n"),
  }));
  expect(await errorOf(call(undefined, "/test.Test/Other"))).toMatchObject({
    code: status.unimplemented,
  });
  const large = call();
  large.write(Buffer.alloc(1_000_001));
  expect(await errorOf(large)).toMatchObject({ code: status.resourceExhausted });
  const ended = call();
  ended.end();
  expect(await errorOf(ended)).toMatchObject({ code: status.notFound, details: "100 % of “it”\n" });
});

test("a deadline that passes: the client is told, and the method learns of it", async () => {
  const gone = Promise.withResolvers<void>();
  const { port } = await start(() => ({
    message: () => undefined,
    end: () => undefined,
    gone: gone.resolve,
  }));
  const session = http2.connect(`http://127.0.0.1:${port}`);
  cleanup.push(() => session.destroy());
  const request = session.request({ ...grpcHeaders, "grpc-timeout": "20m" }, { endStream: false });
  const [headers] = await once(request, "response");
  expect(headers["grpc-status"]).toBe("4");
  await gone.promise;
});

const grpcHeaders = {
  ":method": "POST",
  ":path": "/test.Test/Call",
  "content-type": "application/grpc",
};

test.each([
  [{ ...grpcHeaders, ":method": "GET" }, 405],
  [{ ...grpcHeaders, "content-type": "application/json" }, 415],
])("what is no gRPC request: %o", async (headers, code) => {
  const { port } = await start(echo);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  cleanup.push(() => session.destroy());
  const request = session.request(headers);
  const [answer] = await once(request, "response");
  expect(answer[":status"]).toBe(code);
});

test.each([
  ["compressed", Buffer.from([1, 0, 0, 0, 1, 7]), "12"],
  ["cut off", Buffer.from([0, 0, 0, 0, 2, 7]), "13"],
])("a message that is %s", async (_, bytes, code) => {
  const { port } = await start(echo);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  cleanup.push(() => session.destroy());
  const request = session.request(grpcHeaders, { endStream: false });
  request.end(bytes);
  const [answer] = await once(request, "response");
  expect(answer["grpc-status"]).toBe(code);
});

test("a client that does not read its answers gets no more of its messages dealt with", async () => {
  let dealt = 0;
  const { port } = await start((one) => ({
    message() {
      dealt++;
      one.send(Buffer.alloc(headroomBytes + 100_000));
      return undefined;
    },
    end: () => undefined,
    gone: () => undefined,
  }));
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: 10_000 },
  });
  cleanup.push(() => session.destroy());
  const request = session.request(grpcHeaders, { endStream: false });
  const message = Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100)]);
  for (let at = 0; at < 50; at++) request.write(message);
  await once(request, "response");
  const ping = () => new Promise((done) => session.ping(done));
  await ping();
  await ping();
  expect(dealt).toBe(1);
  request.resume();
  await expect.poll(() => dealt).toBe(50);
});

test("messages that waited are dealt with in their order, and others get their turn meanwhile", async () => {
  const count = 50_000;
  const seen: number[] = [];
  const { port } = await start((one) => ({
    message(bytes) {
      if (seen.length === 0) one.send(Buffer.alloc(headroomBytes + 100_000));
      seen.push(bytes.readUInt32BE());
      return undefined;
    },
    end: () => one.end(status.ok),
    gone: () => undefined,
  }));
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: 10_000 },
  });
  cleanup.push(() => session.destroy());
  const request = session.request(grpcHeaders, { endStream: false });
  const all = Buffer.alloc(count * 9);
  for (let at = 0; at < count; at++) {
    all.writeUInt32BE(4, at * 9 + 1);
    all.writeUInt32BE(at, at * 9 + 5);
  }
  request.end(all);
  await once(request, "response");
  expect(seen).toEqual([0]);
  const seenByTurn = new Set<number>();
  const watch = setInterval(() => seenByTurn.add(seen.length), 0);
  const turn = (): void => {
    seenByTurn.add(seen.length);
    if (seen.length < count) setImmediate(turn);
  };
  turn();
  request.resume();
  await expect.poll(() => seen.length).toBe(count);
  clearInterval(watch);
  expect(seen).toEqual(Array.from({ length: count }, (_, at) => at));
  expect(seenByTurn.size).toBeGreaterThan(count / 2000);
});

test("answers that nobody reads keep a stream at most until its deadline", async () => {
  const { port } = await start((one) => ({
    message() {
      one.send(Buffer.alloc(headroomBytes + 100_000));
      one.end(status.ok);
      return undefined;
    },
    end: () => undefined,
    gone: () => undefined,
  }));
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: 10_000 },
  });
  cleanup.push(() => session.destroy());
  const headers = { ...grpcHeaders, "grpc-timeout": "50m" };
  const request = session.request(headers, { endStream: false });
  request.write(Buffer.from([0, 0, 0, 0, 0]));
  await once(request, "aborted");
  expect(request.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
});

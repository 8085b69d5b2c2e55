import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { RouterError } from "../errors.ts";
import type { Availability } from "./circuit-breaker.ts";
import { type HttpModel, type HttpModelOptions, openHttpModel } from "./http-embedder-model.ts";
import { lift } from "./lift.ts";
import {
  answer,
  embeddingsServer,
  type Misbehaviour,
  rawEmbedding,
} from "./testing/embeddings-server.ts";
import type { Answer } from "./worker-messages.ts";

const secretText = "my secret prompt";
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function serverOf(options?: Parameters<typeof embeddingsServer>[0]) {
  const server = await embeddingsServer(options);
  toClose.push(() => server.close().catch(() => undefined));
  return server;
}

async function modelOf(
  { url }: { readonly url: string },
  options: Partial<HttpModelOptions> = {},
): Promise<HttpModel> {
  const model = await openHttpModel({
    url,
    model: "test-embed",
    encodingFormat: "float",
    // Longer than a busy machine needs; tests of what hangs give their own.
    timeoutMs: 5_000,
    maxBatch: 32,
    concurrency: 4,
    truncate: false,
    maxTokens: 512,
    prefix: "",
    maxOpenMs: 0,
    firstPauseMs: 10,
    maxPauseMs: 20,
    ...options,
  });
  toClose.push(() => model.close());
  return model;
}

const run = ({ models: [model] }: HttpModel, texts: readonly string[]): Promise<Answer> => {
  if (!model) throw new Error("a model has at least one slot");
  return model.run(texts);
};

const rowOf = ({ vectors }: Answer, at: number) => vectors.slice(at * 1024, (at + 1) * 1024);

function unit(numbers: ArrayLike<number>): Float32Array {
  const length = Math.hypot(...Array.from(numbers));
  return Float32Array.from(numbers, (value) => value / length);
}

const failed = (detail: RegExp) => ({
  code: "embedder_failed",
  detail: expect.stringMatching(detail),
});

function expectClose(actual: Float32Array, expected: ArrayLike<number>): void {
  const furthest = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] as number))));
  expect(furthest).toBeLessThan(1e-6);
}

test("a model of 1024 numbers is used as it is, made unit length, in the order of the texts", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  const given = await run(model, ["one", "two words", "three"]);
  ["one", "two words", "three"].forEach((text, at) => {
    expectClose(rowOf(given, at), unit(rawEmbedding(text, 1024)));
  });
  expect(given.faults).toEqual([undefined, undefined, undefined]);
  expect(given.tokens.reduce((sum, tokens) => sum + tokens, 0)).toBe(4);
  expect(server.requests.at(-1)?.body).toEqual({
    model: "test-embed",
    input: ["one", "two words", "three"],
    encoding_format: "float",
  });
});

test("a smaller model is lifted to 1024 as every embedder's vectors are", async () => {
  const server = await serverOf({ width: 384 });
  const given = await run(await modelOf(server), ["text"]);
  expectClose(rowOf(given, 0), lift(unit(rawEmbedding("text", 384))));
});

test("a larger model is refused, cut when the configuration says so, or asked for fewer", async () => {
  const server = await serverOf({ width: 3072 });
  await expect(modelOf(server)).rejects.toMatchObject({
    code: "artifact_incompatible",
    detail: expect.stringMatching(/dimension mismatch.*3072.*1024/),
  });
  const cut = await run(await modelOf(server, { truncate: true }), ["text"]);
  expectClose(rowOf(cut, 0), unit(rawEmbedding("text", 3072).slice(0, 1024)));
  const asked = await run(await modelOf(server, { dimensions: 1024 }), ["text"]);
  expectClose(rowOf(asked, 0), unit(rawEmbedding("text", 1024)));
});

test("a server that ignores the dimensions asked for is refused, naming both sides", async () => {
  const server = await serverOf();
  server.always((response, request) => {
    const { dimensions: _, ...body } = request.body;
    answer(response, server.embeddings({ ...request, body }));
  });
  await expect(modelOf(server, { dimensions: 512 })).rejects.toMatchObject({
    code: "artifact_incompatible",
    detail: expect.stringMatching(/gives 1024 numbers.*asks for 512/),
  });
});

test("base64 gives the same vectors", async () => {
  const server = await serverOf();
  const given = await run(await modelOf(server, { encodingFormat: "base64" }), ["a", "b"]);
  expect(server.requests.at(-1)?.body.encoding_format).toBe("base64");
  expectClose(rowOf(given, 1), unit(rawEmbedding("b", 1024)));
});

test("index decides the order of the answer", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.next((response, request) => {
    const { data, ...rest } = server.embeddings(request);
    answer(response, { ...rest, data: data.reverse() });
  });
  const given = await run(model, ["first", "second"]);
  expectClose(rowOf(given, 0), unit(rawEmbedding("first", 1024)));
});

test("what the OpenAI form leaves open may be absent: index, usage, model", async () => {
  const server = await serverOf();
  server.always((response, request) => {
    const data = server.embeddings(request).data.map(({ embedding }) => ({ embedding }));
    answer(response, { data });
  });
  const given = await run(await modelOf(server), ["first", "second"]);
  expectClose(rowOf(given, 1), unit(rawEmbedding("second", 1024)));
  expect(given.tokens).toEqual([0, 0]);
});

test("the key and the headers are sent, to the API's /embeddings, over connections that are kept", async () => {
  const server = await serverOf();
  const model = await modelOf(server, { apiKey: "sk-1\n", headers: { "x-team": "routing" } });
  for (let i = 0; i < 5; i++) await run(model, [`text ${i}`]);
  const { path, headers } = server.requests.at(-1) ?? {};
  expect(path).toBe("/v1/embeddings");
  expect(headers).toMatchObject({ authorization: "Bearer sk-1", "x-team": "routing" });
  expect(server.connections.size).toBe(1);
  await run(await modelOf({ url: `${server.url}/embeddings?api-version=1` }), ["x"]);
  expect(server.requests.at(-1)?.path).toBe("/v1/embeddings?api-version=1");
});

test("a prefix stands before every text", async () => {
  const server = await serverOf();
  await run(await modelOf(server, { prefix: "query: " }), ["text"]);
  expect(server.requests.map(({ body }) => body.input)).toEqual([
    ["query: signalbox"],
    ["query: text"],
  ]);
});

test("more texts than a request may have are sent in several", async () => {
  const server = await serverOf();
  const model = await modelOf(server, { maxBatch: 10 });
  const texts = Array.from({ length: 25 }, (_, i) => `text ${i}`);
  const given = await run(model, texts);
  expect(server.requests.slice(1).map(({ body }) => body.input.length)).toEqual([10, 10, 5]);
  texts.forEach((text, at) => {
    expectClose(rowOf(given, at), unit(rawEmbedding(text, 1024)));
  });
});

test("as many runs as configured are in flight together", async () => {
  const server = await serverOf();
  const model = await modelOf(server, { concurrency: 3 });
  const answers: (() => void)[] = [];
  server.always((response, request) => {
    answers.push(() => answer(response, server.embeddings(request)));
    if (answers.length === 3) for (const now of answers) now();
  });
  expect(model.models).toHaveLength(3);
  // Each would wait for ever for the others if they came one after another.
  await Promise.all(model.models.map((slot, i) => slot.run([`text ${i}`])));
});

test("the same model has the same identity, and another revision when what makes vectors differs", async () => {
  const server = await serverOf();
  const revisionOf = async (options?: Partial<HttpModelOptions>) =>
    (await modelOf(server, options)).identity.revision;
  const { identity } = await modelOf(server);
  expect(identity).toMatchObject({
    name: "http:test-embed",
    dimension: 1024,
    pooling: "remote",
    normalized: true,
  });
  expect(identity.revision).toMatch(/^[0-9a-f]{12}$/);
  expect(await revisionOf({ encodingFormat: "base64", timeoutMs: 4_000 })).toBe(identity.revision);
  const others = [
    await revisionOf({ weights: "2" }),
    await revisionOf({ prefix: "query: " }),
    await revisionOf({ dimensions: 512 }),
    await revisionOf({ model: "other" }),
  ];
  server.answering.model = "test-embed-v2";
  others.push(await revisionOf());
  expect(new Set([identity.revision, ...others]).size).toBe(6);
});

const html: Misbehaviour = (response) => answer(response, `<html>${secretText}</html>`);
const tampered =
  (change: (body: { data: { embedding: unknown; index?: unknown }[] }) => unknown): Misbehaviour =>
  (response, request) => {
    const data = request.body.input.map((text, index) => ({
      index,
      embedding: rawEmbedding(text, 1024),
    }));
    answer(response, change({ data }));
  };

test.each<{ case: string; misbehave: Misbehaviour; detail: RegExp }>([
  { case: "401", misbehave: (r) => answer(r, { error: secretText }, 401), detail: /HTTP 401/ },
  { case: "404", misbehave: (r) => answer(r, "not here", 404), detail: /HTTP 404/ },
  { case: "HTML", misbehave: html, detail: /not JSON/ },
  { case: "nothing", misbehave: (r) => answer(r, ""), detail: /not JSON/ },
  { case: "an error in 200", misbehave: (r) => answer(r, { error: {} }), detail: /no list/ },
  { case: "null", misbehave: (r) => answer(r, "null"), detail: /no list/ },
  {
    case: "too few embeddings",
    misbehave: tampered(({ data }) => ({ model: "test-embed", data: data.slice(1) })),
    detail: /1 embeddings for 2 texts/,
  },
  {
    case: "too many embeddings",
    misbehave: tampered(({ data }) => ({ model: "test-embed", data: [...data, data[0]] })),
    detail: /3 embeddings for 2 texts/,
  },
  {
    case: "an index twice",
    misbehave: tampered(({ data }) => ({
      model: "test-embed",
      data: data.map((one) => ({ ...one, index: 1 })),
    })),
    detail: /no embedding of index 0/,
  },
  {
    case: "an index far out",
    misbehave: tampered(({ data }) => ({
      model: "test-embed",
      data: data.map((one, i) => ({ ...one, index: i === 0 ? 4_294_967_294 : -1 })),
    })),
    detail: /no embedding of index 0/,
  },
  {
    case: "another model",
    misbehave: tampered(({ data }) => ({ model: "someone-else", data })),
    detail: /another model/,
  },
  {
    case: "a redirect",
    misbehave: (r) => answer(r, "", 307, { location: "http://127.0.0.1:1/steal" }),
    detail: /HTTP 307/,
  },
  {
    case: "a compressed answer",
    misbehave: (r) => answer(r, "x", 200, { "content-encoding": "gzip" }),
    detail: /compressed/,
  },
  {
    case: "an endless answer",
    misbehave: (r) => {
      r.writeHead(200);
      const fill = () => {
        while (!r.destroyed && r.write(Buffer.alloc(65_536, " ")));
        if (!r.destroyed) r.once("drain", fill);
      };
      fill();
    },
    detail: /more than \d+ bytes/,
  },
])(
  "$case: embedder_failed, with nothing of the request or the answer in it",
  async ({ misbehave, detail }) => {
    const server = await serverOf();
    const model = await modelOf(server, { apiKey: "sk-key" });
    server.always(misbehave);
    const fault = await run(model, [secretText, "another"]).catch((thrown: unknown) => thrown);
    expect(fault).toBeInstanceOf(RouterError);
    const { code, message, cause } = fault as RouterError;
    expect({ code, message }).toEqual({
      code: "embedder_failed",
      message: expect.stringMatching(detail),
    });
    expect(message).not.toMatch(/secret|sk-key|127\.0\.0\.1/);
    expect(cause).toBeUndefined();
    server.always(undefined);
    expect((await run(model, ["fine"])).faults).toEqual([undefined]);
  },
);

test.each<{ case: string; embedding: unknown; fault: RegExp }>([
  { case: "zeros", embedding: new Array(1024).fill(0), fault: /without a direction/ },
  {
    case: "null among numbers",
    embedding: [null, ...new Array(1023).fill(1)],
    fault: /not a number/,
  },
  { case: "another dimension", embedding: new Array(768).fill(1), fault: /768 numbers.*1024/ },
  { case: "no numbers", embedding: [], fault: /no list/ },
  { case: "an object", embedding: {}, fault: /no list/ },
  { case: "base64 cut off", embedding: "AAAA", fault: /no list/ },
  {
    case: "base64 of NaN",
    embedding: Buffer.alloc(4096, 0xff).toString("base64"),
    fault: /not a number/,
  },
])("$case for one text fails that text alone", async ({ embedding, fault }) => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.next((response, request) => {
    const body = server.embeddings(request);
    const data = body.data.map((one, i) => (i === 1 ? { ...one, embedding } : one));
    answer(response, { ...body, data });
  });
  const given = await run(model, ["one", "two", "three"]);
  expect(given.faults).toEqual([undefined, expect.stringMatching(fault), undefined]);
  expectClose(rowOf(given, 2), unit(rawEmbedding("three", 1024)));
});

test("a text that the server refuses does not fail those beside it", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.always((response, request) => {
    const refused = request.body.input.includes("too long");
    answer(
      response,
      refused ? { error: "context" } : server.embeddings(request),
      refused ? 400 : 200,
    );
  });
  const given = await run(model, ["one", "too long", "three"]);
  expect(given.faults).toEqual([undefined, "HTTP 400", undefined]);
  expectClose(rowOf(given, 0), unit(rawEmbedding("one", 1024)));
});

test.each([429, 500, 502, 503, 504])("after a single %d it asks once more", async (status) => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.next((response) => answer(response, "", status));
  expect((await run(model, ["text"])).faults).toEqual([undefined]);
  expect(server.requests).toHaveLength(3);
});

test("it asks once more, not twice", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.always((response) => answer(response, "", 503));
  await expect(run(model, ["text"])).rejects.toMatchObject(failed(/HTTP 503/));
  expect(server.requests).toHaveLength(3);
});

test("it waits as long as the server asks, where the deadline leaves room, and else gives up at once", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  const before = performance.now();
  server.next((response) => answer(response, "", 429, { "retry-after": "1" }));
  await run(model, ["text"]);
  expect(performance.now() - before).toBeGreaterThanOrEqual(1_000);
  for (const later of ["3600", new Date(Date.now() + 3_600_000).toUTCString()]) {
    server.next((response) => answer(response, "", 503, { "retry-after": later }));
    const count = server.requests.length;
    await expect(run(model, ["text"])).rejects.toMatchObject(failed(/HTTP 503/));
    expect(server.requests).toHaveLength(count + 1);
  }
});

test("a connection that is dropped, before or in the answer, is asked anew", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  server.next((response) => response.destroy());
  expect((await run(model, ["text"])).faults).toEqual([undefined]);
  server.next((response) => {
    response.writeHead(200, { "content-length": 1_000 });
    response.write("{");
    setImmediate(() => response.destroy());
  });
  expect((await run(model, ["text"])).faults).toEqual([undefined]);
});

test.each<{ case: string; misbehave: Misbehaviour }>([
  { case: "before its answer", misbehave: () => undefined },
  {
    case: "in its answer",
    misbehave: (response) => {
      response.writeHead(200);
      response.write("{");
    },
  },
])("a server that hangs $case is not waited for beyond the timeout", async ({ misbehave }) => {
  const server = await serverOf();
  const model = await modelOf(server, { timeoutMs: 100 });
  server.always(misbehave);
  await expect(run(model, [secretText])).rejects.toMatchObject(failed(/timeout/));
});

test("after three failures in a row nothing is asked until a probe succeeds, then it is used again", async () => {
  const server = await serverOf();
  const notices: Availability[] = [];
  const model = await modelOf(server, { onStateChange: (now) => notices.push(now) });
  const alive = vi.fn();
  model.onAlive(alive);
  server.always((response) => answer(response, "", 401));
  for (let i = 0; i < 3; i++) {
    expect(model.models.every((slot) => slot.isAlive())).toBe(true);
    await expect(run(model, ["text"])).rejects.toMatchObject(failed(/HTTP 401/));
  }
  expect(model.models.some((slot) => slot.isAlive())).toBe(false);
  expect(model.models[0]?.fault?.()).toMatchObject({ code: "embedder_failed" });
  expect(notices).toEqual([{ state: "open", reason: "HTTP 401" }]);
  server.always(undefined);
  await vi.waitFor(() => expect(alive).toHaveBeenCalled());
  expect(model.models.every((slot) => slot.isAlive())).toBe(true);
  expect((await run(model, ["text"])).faults).toEqual([undefined]);
  const probes = server.requests.slice(4, -1).map(({ body }) => body.input);
  expect(new Set(probes.flat())).toEqual(new Set(["signalbox"]));
});

test("failures between answers are none in a row", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  for (let i = 0; i < 5; i++) {
    server.next(...[1, 2].map((): Misbehaviour => (response) => answer(response, "", 401)));
    for (let j = 0; j < 2; j++) {
      await expect(run(model, ["text"])).rejects.toMatchObject(failed(/HTTP 401/));
    }
    expect((await run(model, ["text"])).faults).toEqual([undefined]);
  }
  expect(model.models[0]?.isAlive()).toBe(true);
});

test("a server that goes away and comes back is found again", async () => {
  const server = await serverOf();
  const model = await modelOf(server);
  await server.close();
  for (let i = 0; i < 3; i++) {
    await expect(run(model, ["text"])).rejects.toMatchObject(failed(/ECONNREFUSED/));
  }
  await server.reopen();
  await vi.waitFor(() => expect(model.models[0]?.isAlive()).toBe(true), { timeout: 5_000 });
  expect((await run(model, ["text"])).faults).toEqual([undefined]);
});

test("a server that is not there yet is waited for, one that says no is not", async () => {
  const server = await serverOf();
  await server.close();
  const opening = modelOf(server, { maxOpenMs: 10_000 });
  await server.reopen();
  expect((await opening).identity.dimension).toBe(1024);
  server.always((response) => answer(response, "", 401));
  await expect(modelOf(server, { maxOpenMs: 10_000 })).rejects.toMatchObject(failed(/HTTP 401/));
});

test("a model that gives nothing but zeros does not open", async () => {
  const server = await serverOf();
  server.always((response, request) => {
    const body = server.embeddings(request);
    const data = body.data.map((one) => ({ ...one, embedding: new Array(1024).fill(0) }));
    answer(response, { ...body, data });
  });
  await expect(modelOf(server)).rejects.toMatchObject({ code: "embedder_failed" });
});

test("what is no HTTP is a failure", async () => {
  const socket = createSocket((client) => client.end("220 smtp.example ESMTP\r\n"));
  await new Promise<void>((done) => socket.listen(0, "127.0.0.1", done));
  toClose.push(() => socket.close());
  const { port } = socket.address() as AddressInfo;
  await expect(modelOf({ url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
    code: "embedder_failed",
  });
});

test("https is refused by a server without it, and the key is not sent", async () => {
  const seen: string[] = [];
  const plain = createServer((request) => seen.push(JSON.stringify(request.headers)));
  await new Promise<void>((done) => plain.listen(0, "127.0.0.1", done));
  toClose.push(() => plain.close());
  const { port } = plain.address() as AddressInfo;
  const opening = modelOf({ url: `https://127.0.0.1:${port}/v1` }, { apiKey: "sk-key" });
  await expect(opening).rejects.toMatchObject({ code: "embedder_failed" });
  expect(seen).toEqual([]);
});

test.each(["ftp://h/v1", "nonsense", "http://user:secret@127.0.0.1/v1"])(
  "%s is refused, unsaid",
  async (url) => {
    const refused = modelOf({ url });
    await expect(refused).rejects.toMatchObject({ code: "config_invalid" });
    await expect(refused).rejects.not.toThrow(/secret/);
  },
);

test("a key that cannot be a header fails without being said", async () => {
  const server = await serverOf();
  const opening = modelOf(server, { apiKey: "sk-a\nb" });
  await expect(opening).rejects.toMatchObject(failed(/ERR_INVALID_CHAR/));
  await expect(opening).rejects.not.toThrow(/sk-a/);
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { type HttpEmbedderOptions, openHttpEmbedder } from "./http-embedder.ts";
import { openRedisCache } from "./redis-cache.ts";
import { answer, embeddingsServer, rawEmbedding } from "./testing/embeddings-server.ts";
import { redisBinary, startRedis } from "./testing/redis-server.ts";

const binary = redisBinary();
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function embedderOf(url: string, options: Partial<HttpEmbedderOptions> = {}) {
  const embedder = await openHttpEmbedder({
    url,
    model: "test-embed",
    encodingFormat: "float",
    timeoutMs: 5_000,
    maxBatch: 8,
    concurrency: 2,
    truncate: false,
    maxTokens: 64,
    prefix: "",
    maxWaiting: 100,
    maxOpenMs: 0,
    ...options,
  });
  toClose.push(() => embedder.close());
  return embedder;
}

async function serverOf() {
  const server = await embeddingsServer();
  toClose.push(() => server.close());
  return server;
}

test("texts go through the cache and the queue of every embedder", async () => {
  const server = await serverOf();
  const embedder = await embedderOf(server.url);
  const [first] = await embedder.embed(["text"]);
  const [again] = await embedder.embed(["text"]);
  expect([first?.cached, again?.cached]).toEqual([false, true]);
  expect(Math.hypot(...(first?.vector ?? []))).toBeCloseTo(1, 6);
  const raw = rawEmbedding("text", 1024);
  expect(first?.vector[7]).toBeCloseTo((raw[7] as number) / Math.hypot(...raw), 6);
  const same = await Promise.all(Array.from({ length: 20 }, () => embedder.embed(["together"])));
  expect(new Set(same.map(([one]) => one?.vector[0])).size).toBe(1);
  expect(server.requests.map(({ body }) => body.input)).toEqual([
    ["signalbox"],
    ["text"],
    ["together"],
  ]);
  expect(embedder.stats()).toMatchObject({ texts: 2, tokens: 2, cacheHits: 1 });
});

test("what waits while all requests are under way is sent together, and each gets its own", async () => {
  const server = await serverOf();
  const embedder = await embedderOf(server.url);
  const texts = Array.from({ length: 40 }, (_, i) => `text number ${i}`);
  const given = await Promise.all(texts.map((text) => embedder.embed([text])));
  given.forEach(([one], i) => {
    const raw = rawEmbedding(`text number ${i}`, 1024);
    expect(one?.vector[3]).toBeCloseTo((raw[3] as number) / Math.hypot(...raw), 6);
  });
  const sizes = server.requests.map(({ body }) => body.input.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  expect(sizes.length).toBeLessThan(20);
});

test("thousands of texts at once, as training has them, keep to the requests that are allowed", async () => {
  const server = await serverOf();
  let [open, most] = [0, 0];
  server.always((response, request) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      answer(response, server.embeddings(request));
    });
  });
  const embedder = await embedderOf(server.url, { maxWaiting: 2_000 });
  const texts = Array.from({ length: 2_000 }, (_, i) => `${i}`);
  const given = await embedder.embed(texts);
  expect(given).toHaveLength(2_000);
  const raw = rawEmbedding("1999", 1024);
  expect(given[1999]?.vector[3]).toBeCloseTo((raw[3] as number) / Math.hypot(...raw), 6);
  expect(Math.max(...server.requests.map(({ body }) => body.input.length))).toBe(8);
  expect(most).toBeLessThanOrEqual(2);
}, 30_000);

test("a long text is cut to its head and tail before it is sent", async () => {
  const server = await serverOf();
  const embedder = await embedderOf(server.url);
  const [one] = await embedder.embed([`${"head ".repeat(1000)}middle${" tail".repeat(1000)}`]);
  expect(one?.truncated).toBe(true);
  const sent = server.requests.at(-1)?.body.input[0] ?? "";
  expect(sent.length).toBe(64 * 8 + 1);
  expect(sent).toMatch(/^head .* tail$/);
});

test("while the server fails texts are refused at once, and it is used again by itself", async () => {
  const server = await serverOf();
  const embedder = await embedderOf(server.url, { firstPauseMs: 10, maxPauseMs: 20 });
  server.always((response) => answer(response, "", 500));
  for (let i = 0; i < 5; i++) {
    await expect(embedder.embed([`text ${i}`])).rejects.toMatchObject({ code: "embedder_failed" });
  }
  server.always(undefined);
  await vi.waitFor(() => embedder.embed(["after"]), { timeout: 5_000, interval: 10 });
  expect(server.requests.at(-1)?.body.input).toEqual(["after"]);
});

test("who gives up is let go at once", async () => {
  const server = await serverOf();
  const embedder = await embedderOf(server.url);
  server.always(() => undefined);
  const controller = new AbortController();
  const waiting = embedder.embed(["text"], controller.signal);
  controller.abort(new Error("deadline"));
  await expect(waiting).rejects.toThrow("deadline");
});

describe.skipIf(binary === undefined)("with a real Redis", () => {
  test("what one replica embedded another finds, until the server's model changes", async () => {
    const redis = await startRedis(binary ?? "");
    toClose.push(() => redis.kill());
    const server = await serverOf();
    const openShared: HttpEmbedderOptions["openShared"] = (identity) =>
      openRedisCache({ url: redis.url, identity, ttlSeconds: 60, timeoutMs: 2_000 });
    const one = await embedderOf(server.url, { openShared });
    const [fresh] = await one.embed(["text"]);
    await vi.waitFor(() => expect(one.stats().shared?.sets).toBe(1));

    const other = await embedderOf(server.url, { openShared });
    const [shared] = await other.embed(["text"]);
    expect(shared).toMatchObject({ cached: true, tokens: 0 });
    const cosine = fresh?.vector.reduce((sum, x, i) => sum + x * (shared?.vector[i] ?? 0), 0);
    expect(cosine).toBeGreaterThan(0.999999);

    server.answering.model = "test-embed-v2";
    const newer = await embedderOf(server.url, { openShared });
    expect((await newer.embed(["text"]))[0]?.cached).toBe(false);
  });
});

import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import { queuedEmbedder } from "./queued-embedder.ts";
import { fakeModel, unreadableText } from "./testing/fake-model.ts";

const identity = {
  name: "fake",
  revision: "0123456789ab",
  dimension: 1024,
  pooling: "mean",
  normalized: true,
} as const;

function open(
  options: { maxWaiting?: number; cacheEntries?: number; exactBatches?: boolean } = {},
) {
  const { maxWaiting = 256, cacheEntries = 100, ...model } = options;
  const fake = fakeModel(model);
  const limits = { maxWaiting, cacheEntries, maxTokens: 256 };
  return { ...fake, embedder: queuedEmbedder(identity, fake.model, limits) };
}

test("a lone text goes to the model at once", async () => {
  const { embedder, asked, answer } = open();
  const embedding = embedder.embed(["four"]);
  expect(asked).toEqual([["four"]]);
  await answer();
  const vector = new Float32Array(1024);
  vector[0] = 4;
  expect(await embedding).toEqual([{ vector, tokens: 4, truncated: false, cached: false }]);
});

test("what waits while the model is busy goes together", async () => {
  const { embedder, asked, answer } = open();
  const all = ["a", "b", "c"].map((text) => embedder.embed([text]));
  await answer();
  await answer();
  await Promise.all(all);
  expect(asked).toEqual([["a"], ["b", "c"]]);
});

test.each([
  { case: "16 texts", texts: Array.from({ length: 20 }, (_, i) => `${i}`), sizes: [16, 4] },
  { case: "512 characters", texts: ["a", "b", "c"].map((c) => c.repeat(250)), sizes: [2, 1] },
  { case: "a long text alone", texts: ["a", "b".repeat(600), "c"], sizes: [1, 1, 1] },
])("a batch is at most $case", async ({ texts, sizes }) => {
  const { embedder, asked, answer } = open();
  const embeddings = embedder.embed(texts);
  for (const _ of sizes) await answer();
  await embeddings;
  expect(asked.map(({ length }) => length)).toEqual(sizes);
});

test("a model whose batches are not exact reads one text at a time", async () => {
  const { embedder, asked, answer } = open({ exactBatches: false });
  const embeddings = embedder.embed(["a", "b"]);
  await answer();
  await answer();
  await embeddings;
  expect(asked).toEqual([["a"], ["b"]]);
});

test("a known text comes from the cache, in its place", async () => {
  const { embedder, asked, answer } = open();
  const first = embedder.embed(["known"]);
  await answer();
  await first;
  const mixed = embedder.embed(["a", "known", "bcd"]);
  await answer();
  const embeddings = await mixed;
  expect(embeddings.map(({ vector }) => vector[0])).toEqual([1, 5, 3]);
  expect(embeddings.map(({ cached }) => cached)).toEqual([false, true, false]);
  expect(embeddings.map(({ tokens }) => tokens)).toEqual([1, 0, 3]);
  expect(asked).toEqual([["known"], ["a", "bcd"]]);
  expect(embedder.stats()).toMatchObject({ texts: 3, cacheHits: 1, cacheMisses: 3 });
});

test("a caller that writes to its vector changes nobody else's", async () => {
  const { embedder, answer } = open();
  const both = Promise.all([embedder.embed(["text"]), embedder.embed(["text"])]);
  await answer();
  const [[one], [other]] = await both;
  one?.vector.fill(9);
  const [again] = await embedder.embed(["text"]);
  expect([other, again].map((embedding) => embedding?.vector[0])).toEqual([4, 4]);
});

test("the texts used last are kept, and no more than the limit", async () => {
  const { embedder, asked, answer } = open({ cacheEntries: 2 });
  for (const text of ["a", "b", "a", "c", "b"]) {
    const embedding = embedder.embed([text]);
    await answer();
    await embedding;
  }
  expect(asked.flat()).toEqual(["a", "b", "c", "b"]);
  expect(embedder.stats()).toMatchObject({ cacheEntries: 2, cacheEvictions: 2 });
});

test("without a cache every text is computed", async () => {
  const { embedder, asked, answer } = open({ cacheEntries: 0 });
  for (const text of ["a", "a"]) {
    const embedding = embedder.embed([text]);
    await answer();
    await embedding;
  }
  expect(asked).toEqual([["a"], ["a"]]);
  expect(embedder.stats().cacheEntries).toBe(0);
});

test("equal texts in flight are computed once, waiting or running", async () => {
  const { embedder, asked, answer } = open();
  const all = [
    embedder.embed(["running", "running"]),
    embedder.embed(["running"]),
    embedder.embed(["waiting"]),
    embedder.embed(["waiting"]),
  ];
  await answer();
  await answer();
  await Promise.all(all);
  expect(asked).toEqual([["running"], ["waiting"]]);
});

test("texts beyond the limit are refused at once, and none of their call is queued", async () => {
  const { embedder, asked, answer } = open({ maxWaiting: 2 });
  const accepted = [embedder.embed(["running"]), embedder.embed(["a", "b"])];
  await expect(embedder.embed(["a", "c"])).rejects.toMatchObject({ code: "embedder_overloaded" });
  // What is in flight anyway adds nothing.
  accepted.push(embedder.embed(["b"]));
  expect(embedder.stats()).toMatchObject({ waiting: 3, refused: 2 });
  await answer();
  await answer();
  await Promise.all(accepted);
  expect(asked.flat()).toEqual(["running", "a", "b"]);
  expect(embedder.stats()).toMatchObject({ waiting: 0, texts: 3 });
});

test("what nobody waits for any more never reaches the model", async () => {
  const { embedder, asked, answer } = open();
  const running = embedder.embed(["running"]);
  const caller = new AbortController();
  const given = embedder.embed(["given up"], caller.signal);
  const reason = new Error("deadline");
  caller.abort(reason);
  await expect(given).rejects.toBe(reason);
  expect(embedder.stats().waiting).toBe(1);
  await answer();
  await running;
  expect(asked).toEqual([["running"]]);
});

test("a signal that has fired before costs nothing", async () => {
  const { embedder, asked } = open();
  await expect(embedder.embed(["a"], AbortSignal.abort("gone"))).rejects.toBe("gone");
  expect(asked).toEqual([]);
});

test("one caller giving up does not cancel another's equal text", async () => {
  const { embedder, answer } = open();
  const running = embedder.embed(["running"]);
  const caller = new AbortController();
  const given = embedder.embed(["shared"], caller.signal);
  const kept = embedder.embed(["shared"], new AbortController().signal);
  caller.abort();
  await expect(given).rejects.toThrow("aborted");
  await answer();
  await answer();
  expect(await kept).toMatchObject([{ tokens: 6 }]);
  await running;
});

test("what was computed for a caller that gave up is in the cache", async () => {
  const { embedder, answer } = open();
  const caller = new AbortController();
  const given = embedder.embed(["running"], caller.signal);
  caller.abort();
  await expect(given).rejects.toThrow("aborted");
  await answer();
  expect(await embedder.embed(["running"])).toMatchObject([{ cached: true }]);
});

test("a text that the model cannot read fails alone", async () => {
  const { embedder, answer } = open();
  const running = embedder.embed(["running"]);
  const [bad, good] = [embedder.embed([unreadableText]), embedder.embed(["good"])];
  const refused = expect(bad).rejects.toMatchObject({ code: "embedder_failed" });
  await answer();
  await answer();
  await refused;
  expect(await good).toMatchObject([{ tokens: 4 }]);
  await running;
  expect(embedder.stats()).toMatchObject({ texts: 2, failed: 1 });
});

test("when the model is lost, what runs and what waits is refused, and the next text is tried", async () => {
  const { embedder, answer, fail } = open();
  const fault = new RouterError("embedder_failed", "the thread ended", "Wait");
  const refused = ["running", "waiting"].map((text) =>
    expect(embedder.embed([text])).rejects.toBe(fault),
  );
  await fail(fault);
  await Promise.all(refused);
  expect(embedder.stats()).toMatchObject({ failed: 2, waiting: 0 });
  const next = embedder.embed(["running"]);
  await answer();
  expect(await next).toMatchObject([{ tokens: 7 }]);
});

test("closing refuses what runs, what waits and what comes", async () => {
  const { embedder } = open();
  const texts = ["running", "waiting"].map((text) => embedder.embed([text]));
  const refused = texts.map((embedding) =>
    expect(embedding).rejects.toMatchObject({ code: "embedder_stopped" }),
  );
  await embedder.close();
  await Promise.all(refused);
  await expect(embedder.embed(["late"])).rejects.toMatchObject({ code: "embedder_stopped" });
});

test("no text is no work", async () => {
  const { embedder, asked } = open();
  expect(await embedder.embed([])).toEqual([]);
  expect(asked).toEqual([]);
});

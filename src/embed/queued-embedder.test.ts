import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import { queuedEmbedder } from "./queued-embedder.ts";
import type { SharedCache } from "./shared-cache.ts";
import { cutText, fakePool, unreadableText } from "./testing/fake-model.ts";
import { cacheKey } from "./vector-cache.ts";

const identity = {
  name: "fake",
  revision: "0123456789ab",
  dimension: 1024,
  pooling: "mean",
  normalized: true,
} as const;

interface Options {
  readonly maxWaiting?: number;
  readonly cacheEntries?: number;
  readonly batchTokens?: number;
  readonly exactBatches?: boolean;
  readonly workers?: number;
  readonly flatCost?: boolean;
  readonly runMs?: number;
  readonly shared?: SharedCache;
}

function open({
  maxWaiting = 256,
  cacheEntries = 100,
  batchTokens = 128,
  shared,
  ...pool
}: Options = {}) {
  const fake = fakePool(pool);
  const limits = { maxWaiting, cacheEntries, batchTokens, maxTokens: 256 };
  return { ...fake, embedder: queuedEmbedder(identity, fake.pool, limits, shared) };
}

test("a lone text goes to the model at once", async () => {
  const { embedder, asked, answer } = open();
  const embedding = embedder.embed(["four"]);
  expect(asked).toEqual([["four"]]);
  await answer();
  const vector = new Float32Array(1024);
  vector[0] = 4;
  const queued = { sinceMs: expect.any(Number), untilMs: expect.any(Number) };
  expect(await embedding).toEqual([{ vector, tokens: 4, truncated: false, cached: false, queued }]);
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
  { case: "16 short texts", texts: Array.from({ length: 20 }, (_, i) => `${i}`), sizes: [16, 4] },
  { case: "128 tokens", texts: ["a", "b", "c"].map((c) => c.repeat(200)), sizes: [2, 1] },
  { case: "texts that are alike", texts: ["a", "b".repeat(200), "c"], sizes: [2, 1] },
  { case: "a long text alone", texts: ["a".repeat(600), "b".repeat(600)], sizes: [1, 1] },
])("a batch is at most $case", async ({ texts, sizes }) => {
  const { embedder, asked, answer } = open();
  const embeddings = embedder.embed(texts);
  for (const _ of sizes) await answer();
  await embeddings;
  expect(asked.map(({ length }) => length)).toEqual(sizes);
});

test("idle models share what waits", async () => {
  const { embedder, asked, answer } = open({ workers: 3 });
  const embeddings = embedder.embed(["a", "b", "c", "d", "e", "f", "g"]);
  expect(asked).toEqual([
    ["a", "b", "c"],
    ["d", "e"],
    ["f", "g"],
  ]);
  for (const _ of asked) await answer();
  expect((await embeddings).map(({ tokens }) => tokens)).toEqual(new Array(7).fill(1));
});

test("a model that becomes idle takes what waits, whatever the others do", async () => {
  const { embedder, asked, answer } = open({ workers: 2 });
  const all = ["one", "two", "three", "four"].map((text) => embedder.embed([text]));
  expect(asked).toEqual([["one"], ["two"]]);
  await answer();
  expect(asked.slice(2)).toEqual([["three", "four"]]);
  await answer();
  await answer();
  await Promise.all(all);
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

const lost = new RouterError("embedder_failed", "the thread ended", "Wait");
const failed = { code: "embedder_failed" };

test("what was in a model that is lost is refused, and what waits goes to another", async () => {
  const { embedder, asked, answer, fail, die } = open({ workers: 2 });
  const refused = expect(embedder.embed(["running"])).rejects.toBe(lost);
  const others = ["other", "waiting"].map((text) => embedder.embed([text]));
  die(0);
  await fail(lost);
  await refused;
  expect(asked).toEqual([["running"], ["other"]]);
  await answer();
  await answer();
  await Promise.all(others);
  expect(asked[2]).toEqual(["waiting"]);
  expect(embedder.stats()).toMatchObject({ failed: 1, texts: 2, waiting: 0 });
});

test("when no model is alive, what waits and what comes is refused at once, and says why", async () => {
  const { embedder, answer, fail, die, revive } = open();
  const refused = [
    expect(embedder.embed(["running"])).rejects.toBe(lost),
    expect(embedder.embed(["waiting"])).rejects.toMatchObject(failed),
  ];
  die(0);
  await fail(lost);
  await Promise.all(refused);
  await expect(embedder.embed(["comes"])).rejects.toMatchObject({ ...failed, cause: "it died" });
  expect(embedder.stats()).toMatchObject({ failed: 3, waiting: 0 });
  revive(0);
  const next = embedder.embed(["running"]);
  await answer();
  expect(await next).toMatchObject([{ tokens: 7 }]);
});

test("a model that comes back takes what waits for others", async () => {
  const { embedder, asked, answer, die, revive } = open({ workers: 2 });
  die(1);
  const all = ["running", "waiting"].map((text) => embedder.embed([text]));
  expect(asked).toEqual([["running"]]);
  revive(1);
  expect(asked).toEqual([["running"], ["waiting"]]);
  await answer();
  await answer();
  await Promise.all(all);
});

test("what is too late for every caller never reaches the model", async () => {
  const { embedder, asked, answer } = open();
  const running = embedder.embed(["running"]);
  const past = performance.now() - 1;
  const late = expect(embedder.embed(["late", "shared"], undefined, past)).rejects.toMatchObject({
    code: "deadline_exceeded",
  });
  const shared = embedder.embed(["shared"], undefined, past + 60_000);
  await answer();
  await late;
  await answer();
  await Promise.all([running, shared]);
  expect(asked).toEqual([["running"], ["shared"]]);
  expect(embedder.stats()).toMatchObject({ expired: 1, abandoned: 0, texts: 2, waiting: 0 });
});

test.each([
  { case: "is no larger than there is time for", flatCost: false, sizes: [1, 2, 2] },
  { case: "takes no longer where all take as long", flatCost: true, sizes: [1, 4] },
])("a batch $case", async ({ flatCost, sizes }) => {
  // A second for each of the tokens of the first text, which are estimated at 31.
  const { embedder, asked, answer } = open({ runMs: 31_000, flatCost });
  const first = embedder.embed(["a".repeat(100)]);
  const texts = ["b", "c", "d", "e"].map((one) => one.repeat(30));
  const hurried = embedder.embed(texts, undefined, performance.now() + 31_000);
  for (const _ of sizes) await answer();
  await Promise.all([first, hurried]);
  // Estimated at 11 tokens each.
  expect(asked.map(({ length }) => length)).toEqual(sizes);
});

test("a text that would come too late gives way to one that can be in time", async () => {
  const { embedder, asked, answer } = open({ runMs: 31_000 });
  const first = embedder.embed(["a".repeat(100)]);
  const [late, soon] = ["b", "c"].map((one) => one.repeat(30));
  const now = performance.now();
  const all = [first];
  for (const [text, inMs] of [
    [late, 10_000],
    [soon, 20_000],
  ] as const) {
    all.push(embedder.embed([text ?? ""], undefined, now + inMs));
  }
  for (let runs = 0; runs < 3; runs++) await answer();
  await Promise.all(all);
  // Not dropped: the estimate may be wrong, and nothing better waits.
  expect(asked.slice(1)).toEqual([[soon], [late]]);
});

test.each([
  { reason: new RouterError("deadline_exceeded", "150 ms", "Add CPU"), want: [1, 0] },
  { reason: new Error("the client went away"), want: [0, 1] },
])("what is dropped is counted by why: $reason.message", async ({ reason, want }) => {
  const { embedder, answer } = open();
  const running = embedder.embed(["running"]);
  const caller = new AbortController();
  const given = expect(embedder.embed(["given up"], caller.signal)).rejects.toBe(reason);
  caller.abort(reason);
  await given;
  await answer();
  await running;
  const { expired, abandoned } = embedder.stats();
  expect([expired, abandoned]).toEqual(want);
});

test("runs are counted by size, tokens and time, and texts by how long they waited", async () => {
  const { embedder, answer } = open();
  const all = ["running", "a", "b"].map((text) => embedder.embed([text]));
  await answer();
  await answer();
  await Promise.all(all);
  const { runs } = embedder.stats();
  expect(runs?.texts).toMatchObject({ sum: 3, counts: [1, 1, 0, 0, 0, 0, 0, 0] });
  expect(runs?.tokens).toMatchObject({ sum: 9, counts: [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
  expect(runs?.seconds.sum).toBeCloseTo(0.002);
  expect(runs?.waitSeconds.counts.reduce((sum, count) => sum + count)).toBe(3);
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

/** A shared cache in memory, that answers when the test says so, and what it was asked and told. */
function fakeShared(known: Readonly<Record<string, number>> = {}) {
  const vectors = new Map(Object.entries(known).map(([text, first]) => [cacheKey(text), first]));
  const asked: (readonly string[])[] = [];
  const told: string[] = [];
  const lookups: (() => void)[] = [];
  let closed = false;
  const cache: SharedCache = {
    async getMany(keys) {
      asked.push(keys);
      await new Promise<void>((resolve) => lookups.push(resolve));
      return keys.map((key) => {
        const first = vectors.get(key);
        return first === undefined ? undefined : new Float32Array(1024).fill(first, 0, 1);
      });
    },
    setMany: (entries) => {
      told.push(...entries.map(({ key, vector }) => `${key} ${vector[0]}`));
    },
    stats: () => ({
      hits: 0,
      misses: 0,
      errors: 0,
      timeouts: 0,
      skipped: 0,
      sets: told.length,
      dropped: 0,
      state: "closed",
    }),
    close: async () => {
      closed = true;
    },
  };
  async function lookedUp() {
    lookups.shift()?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { cache, asked, told, lookedUp, isClosed: () => closed };
}

test("what the shared cache knows costs no model, and is in memory from then on", async () => {
  const { cache, asked, lookedUp } = fakeShared({ known: 7 });
  const { embedder, asked: ofModel } = open({ shared: cache });
  const embedding = embedder.embed(["known"]);
  await lookedUp();
  expect(await embedding).toMatchObject([{ tokens: 0, truncated: false, cached: true }]);
  expect((await embedder.embed(["known"]))[0]?.vector[0]).toBe(7);
  expect(asked).toEqual([[cacheKey("known")]]);
  expect(ofModel).toEqual([]);
});

test("what it does not know goes to the model, and then to it and to memory", async () => {
  const { cache, asked, told, lookedUp } = fakeShared({ known: 7 });
  const { embedder, asked: ofModel, answer } = open({ shared: cache });
  const embeddings = embedder.embed(["known", "new"]);
  await lookedUp();
  await answer();
  expect((await embeddings).map(({ cached }) => cached)).toEqual([true, false]);
  expect([asked.length, ofModel, told]).toEqual([1, [["new"]], [`${cacheKey("new")} 3`]]);
  expect(await embedder.embed(["new"])).toMatchObject([{ cached: true }]);
  expect(embedder.stats().shared).toMatchObject({ sets: 1 });
});

test("a text that was cut is not shared", async () => {
  const { cache, told, lookedUp } = fakeShared();
  const { embedder, answer } = open({ shared: cache });
  const embedding = embedder.embed([cutText]);
  await lookedUp();
  await answer();
  expect(await embedding).toMatchObject([{ truncated: true }]);
  expect(told).toEqual([]);
});

test("equal texts are looked up once, and what nobody wants any more goes no further", async () => {
  const { cache, asked, lookedUp } = fakeShared();
  const { embedder, asked: ofModel } = open({ shared: cache });
  const callers = [new AbortController(), new AbortController()];
  const given = callers.map(({ signal }) =>
    expect(embedder.embed(["text"], signal)).rejects.toThrow("aborted"),
  );
  for (const caller of callers) caller.abort();
  await Promise.all(given);
  await lookedUp();
  expect([asked.length, ofModel]).toEqual([1, []]);
  expect(embedder.stats()).toMatchObject({ abandoned: 1, waiting: 0 });
});

test("texts that are looked up count as waiting", async () => {
  const { cache } = fakeShared();
  const { embedder } = open({ shared: cache, maxWaiting: 1 });
  const first = expect(embedder.embed(["a"])).rejects.toMatchObject({ code: "embedder_stopped" });
  await expect(embedder.embed(["b"])).rejects.toMatchObject({ code: "embedder_overloaded" });
  await embedder.close();
  await first;
});

test("the shared cache still answers when no model is alive, and is closed with the embedder", async () => {
  const { cache, lookedUp, isClosed } = fakeShared({ known: 7 });
  const { embedder, die } = open({ shared: cache });
  die(0);
  const known = embedder.embed(["known"]);
  const unknown = expect(embedder.embed(["unknown"])).rejects.toMatchObject(failed);
  await lookedUp();
  await lookedUp();
  expect(await known).toMatchObject([{ cached: true }]);
  await unknown;
  await embedder.close();
  expect(isClosed()).toBe(true);
});

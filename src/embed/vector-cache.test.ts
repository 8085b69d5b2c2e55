import { expect, test } from "vitest";
import { cacheKey, vectorCache } from "./vector-cache.ts";

const vector = (first: number) => ({
  vector: new Float32Array(1024).fill(first),
  truncated: false,
});

test("memory is bounded, and what was used last is kept", () => {
  const maxBytes = 10_000;
  const cache = vectorCache({ maxBytes });
  for (const key of ["a", "b"]) cache.set(key, vector(1));
  cache.get("a");
  cache.set("c", vector(2));
  expect(["a", "b", "c"].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
  expect([cache.entries(), cache.counts().evictions]).toEqual([2, 1]);
  expect(cache.bytes()).toBeGreaterThan(2 * 4096);
  expect(cache.bytes()).toBeLessThanOrEqual(maxBytes);
});

test.each([{ maxBytes: 0 }, { maxBytes: 4096 }, { maxBytes: 2 ** 20, maxEntries: 0 }])(
  "a cache without room keeps nothing: %o",
  (limits) => {
    const cache = vectorCache(limits);
    cache.set("a", vector(1));
    expect([cache.get("a"), cache.entries(), cache.bytes()]).toEqual([undefined, 0, 0]);
    expect(cache.counts()).toEqual({ hits: 0, misses: 1, evictions: 0 });
  },
);

test("the number of entries may be bounded as well", () => {
  const cache = vectorCache({ maxBytes: 2 ** 20, maxEntries: 1 });
  for (const key of ["a", "b"]) cache.set(key, vector(1));
  expect(cache.entries()).toBe(1);
});

test("a key shows nothing of its text", () => {
  expect(cacheKey("my secret")).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(cacheKey("my secret")).not.toBe(cacheKey("my secret "));
});

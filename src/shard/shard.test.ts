import fc from "fast-check";
import { expect, test } from "vitest";
import { inShard, parseShard, shardText } from "./shard.ts";

test.each([
  { text: "1/1", want: { index: 1, count: 1 } },
  { text: "2/3", want: { index: 2, count: 3 } },
  { text: " 8/8 ", want: { index: 8, count: 8 } },
  { text: "65536/65536", want: { index: 65_536, count: 65_536 } },
])("$text is a shard", ({ text, want }) => {
  expect(parseShard(text)).toEqual(want);
  expect(shardText(want)).toBe(text.trim());
});

test.each([
  "",
  "1",
  "/",
  "0/3",
  "4/3",
  "-1/3",
  "1/0",
  "1.5/3",
  "1/3/5",
  "a/b",
  "01/3",
  "1e1/20",
  "1/65537",
  "99999/99999",
])("%j is none", (text) => {
  expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: "config_invalid" }));
});

test("every key is in exactly one of the parts", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (key, count) => {
      const indexes = Array.from({ length: count }, (_, at) => at + 1);
      expect(indexes.filter((index) => inShard(key, { index, count }))).toHaveLength(1);
    }),
  );
});

// sha256("abc") begins with ba7816bf8f01cfea, 13436514500253700074: a job of several versions of signalbox depends on it.
test.each([
  { count: 2, index: 1 },
  { count: 3, index: 1 },
  { count: 7, index: 3 },
  { count: 10, index: 5 },
])("the part of a key never changes: abc of $count is $index", ({ count, index }) => {
  expect(13436514500253700074n % BigInt(count)).toBe(BigInt(index - 1));
  expect(inShard("abc", { index, count })).toBe(true);
});

test("without a shard there is one part, with all", () => {
  expect(inShard("anything", undefined)).toBe(true);
});

test("parts are about as large", () => {
  const sizes = [0, 0, 0, 0];
  for (let at = 0; at < 4000; at++) {
    for (let index = 1; index <= 4; index++) {
      if (inShard(`query ${at}`, { index, count: 4 }))
        sizes[index - 1] = (sizes[index - 1] ?? 0) + 1;
    }
  }
  for (const size of sizes) expect(Math.abs(size - 1000)).toBeLessThan(120);
});

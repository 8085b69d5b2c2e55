import fc from "fast-check";
import { expect, test } from "vitest";
import { nextBatch } from "./next-batch.ts";

const wide = { maxTokens: 128, maxTexts: 100 };
const take = (lengths: readonly number[], limits = wide) =>
  nextBatch(
    lengths.map((tokens, at) => ({ tokens, at })),
    limits,
  ).map(({ at }) => at);

test.each([
  { case: "nothing waits", lengths: [], want: [] },
  { case: "the first goes, however long", lengths: [500, 10], want: [0] },
  { case: "those about as long go with it", lengths: [30, 100, 40, 13, 47], want: [0, 2] },
  { case: "padding counts", lengths: [30, 40, 40, 40], want: [0, 1, 2] },
  { case: "short texts count as 8 tokens", lengths: new Array(20).fill(1), want: 16 },
  { case: "no more texts than asked for", lengths: [1, 1, 1], maxTexts: 2, want: [0, 1] },
])("$case", ({ lengths, want, maxTexts = 100 }) => {
  const taken = take(lengths, { maxTokens: 128, maxTexts });
  expect(typeof want === "number" ? taken.length : taken).toEqual(want);
});

test("a text waits for no more batches than there are texts before it", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lengths, (all) => {
      let waiting = all.map((tokens, at) => ({ tokens, at }));
      for (let batches = 0; waiting.length > 0; batches++) {
        const [oldest] = waiting;
        const batch = nextBatch(waiting, wide);
        expect(batch[0]).toBe(oldest);
        expect(oldest?.at).toBeGreaterThanOrEqual(batches);
        waiting = waiting.filter((entry) => !batch.includes(entry));
      }
    }),
  );
});

test("a batch of several is within the limit, padding counted", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 1000 }), (all, maxTokens) => {
      const batch = take(all, { maxTokens, maxTexts: 100 });
      const longest = Math.max(...batch.map((at) => all[at] ?? 0));
      if (batch.length > 1) expect(longest * batch.length).toBeLessThanOrEqual(maxTokens);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Selector } from "../select/selector.ts";
import type { StrategyFigures } from "./figures.ts";
import type { HeldOut } from "./held-out.ts";
import type { Past } from "./past.ts";
import { heldOutOf, selectorBy } from "./testing/held-out.ts";
import { type Validation, validate } from "./validate.ts";

const options = { seed: 1, qualityWeight: 0.9 };
const pastOf = (held: HeldOut): Past => ({ source: "training file", examples: held });

function figures({ strategies }: Validation, name: string): StrategyFigures {
  const found = strategies.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name} among ${strategies.map((one) => one.name)}`);
  return found;
}

/** a is good at law, b at math; a was better in the past. */
const past = pastOf(
  heldOutOf({
    quality: [...Array(30).fill([1, 0]), ...Array(20).fill([0, 1])],
    categories: [...Array(30).fill("law"), ...Array(20).fill("math")],
    seconds: Array(50).fill([4, 2]),
    dollars: Array(50).fill([0.5, 0.25]),
  }),
);
/** Four queries: law, law, math, math; the third is classified wrongly. */
const held = heldOutOf({
  quality: [
    [1, 0],
    [0, 0],
    [0, 1],
    [0.5, 1],
  ],
  categories: ["law", "law", "math", "math"],
  predicted: ["law", "law", "law", "math"],
  seconds: Array(4).fill([4, 2]),
  dollars: Array(4).fill([0.5, 0.25]),
});
const byCategory = selectorBy(["a", "b"], (_, category) => (category === "law" ? [1, 0] : [0, 1]));

test("figures that are known by hand", () => {
  const found = validate(held, past, [byCategory], options);
  const rounded = ({
    quality,
    bestShare,
    latencySeconds,
    cost,
    regret,
    gapClosed,
  }: StrategyFigures) => ({
    ...{ quality, bestShare, latencySeconds, cost, regret, gapClosed },
  });
  // Qualities 1 + 0 + 1 + 1. The query that nobody answered has no best model, and the oracle takes the cheaper b there.
  expect(rounded(figures(found, "Oracle (best)"))).toEqual({
    ...{ quality: 0.75, bestShare: 0.75, latencySeconds: 2.5, cost: 0.3125 },
    ...{ regret: 0, gapClosed: 1 },
  });
  expect(figures(found, "Best Single")).toMatchObject({ model: "a", quality: 0.375, gapClosed: 0 });
  expect(figures(found, "Cheapest")).toMatchObject({ model: "b", quality: 0.5 });
  expect(found).toMatchObject({
    bestSingle: "a",
    bestSingleBy: "training file",
    cheapestBy: "cost",
  });
  expect(rounded(figures(found, "Random Selection"))).toMatchObject({
    ...{ quality: 0.4375, bestShare: 0.375, latencySeconds: 3, cost: 0.375 },
  });
  expect(rounded(figures(found, "KNN Selection"))).toMatchObject({
    quality: 0.75,
    regret: 0,
    gapClosed: 1,
  });
  // With the classifier's category the third query goes to a, which fails.
  expect(figures(found, "KNN Selection (predicted)")).toMatchObject({
    ...{ quality: 0.5, bestShare: 0.5, gapClosed: 1 / 3, shares: { a: 0.75, b: 0.25 } },
    domains: { law: { queries: 2, quality: 0.5, gain: 0 }, math: { queries: 2, gain: 0.25 } },
  });
  expect(figures(found, "KNN Selection").overTable).toMatchObject({ mean: 0, low: 0, high: 0 });
  expect(found.table?.models).toMatchObject({ law: "a", math: "b" });
  expect(found.strategies[0]?.quality).toBe(0.75);
});

test("with latencies, what selectors are trained on is compared too: quality and speed", () => {
  // b is twice as fast and never better: 0.5 q + 0.5 / (1 + t / 10) makes it worth more than a quality of 0.1.
  const quick = { quality: Array(4).fill([0.1, 0]), seconds: Array(4).fill([30, 10]) };
  const timed = heldOutOf(quick);
  const found = validate(timed, pastOf(timed), [selectorBy(["a", "b"], () => [1, 0])], {
    ...options,
    qualityWeight: 0.5,
  });
  expect(figures(found, "Always b").valueGain?.mean).toBeCloseTo(0, 12);
  expect(figures(found, "KNN Selection").gain.mean).toBe(0);
  // 0.05 + 0.125 against 0.25.
  expect(figures(found, "KNN Selection").valueGain?.mean).toBeCloseTo(-0.075, 12);
});

test("the best single model is chosen on what was known before, not on what is judged", () => {
  const changed = heldOutOf({ quality: Array(4).fill([0, 1]) });
  const found = validate(changed, past, [], options);
  expect(figures(found, "Best Single")).toMatchObject({ model: "a", quality: 0 });
  expect(figures(found, "Always b").gain.mean).toBe(1);
});

test("without a past the best single model is the test's own, which is said, and there is no table", () => {
  const found = validate(held, undefined, [byCategory], options);
  expect(found).toMatchObject({ bestSingle: "b", bestSingleBy: "test queries" });
  expect(found.table).toBeUndefined();
  expect(figures(found, "KNN Selection").overTable).toBeUndefined();
});

test("a model that did not answer is never chosen, and the best single model gives way to the next", () => {
  const holes = heldOutOf({
    models: ["a", "b", "c"],
    quality: [
      [null, 1, 0],
      [1, null, 0],
    ],
  });
  const always = selectorBy(["a", "b", "c"], () => [3, 2, 1]);
  const found = validate(holes, past, [always], options);
  expect(figures(found, "Best Single")).toMatchObject({
    quality: 1,
    shares: { a: 0.5, b: 0.5, c: 0 },
  });
  expect(figures(found, "KNN Selection").shares).toEqual({ a: 0.5, b: 0.5, c: 0 });
  expect(figures(found, "Always a")).toMatchObject({ queries: 1, quality: 1 });
  expect(figures(found, "Random Selection").quality).toBe(0.5);
});

test("queries on which a selector knows nobody count as the best single model, and are counted", () => {
  const stranger = selectorBy(["z"], () => [1]);
  const found = figures(validate(held, past, [stranger], options), "KNN Selection");
  expect(found).toMatchObject({ refused: 4, quality: 0.375, shares: { a: 1, b: 0 } });
});

const quality = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1, noNaN: true }));
const answers = fc
  .array(fc.tuple(quality, quality, quality), { minLength: 1, maxLength: 12 })
  .filter((rows) => rows.every((row) => row.filter((value) => value !== null).length > 1));
const anySelector = fc
  .array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }), {
    minLength: 12,
    maxLength: 12,
  })
  .map((scores): Selector => selectorBy(["a", "b", "c"], (query) => scores[query] as number[]));

test("nothing beats the oracle, random is the mean, shares sum to 1", () => {
  fc.assert(
    fc.property(answers, anySelector, (rows, selector) => {
      const some = heldOutOf({ quality: rows });
      const { strategies } = validate(some, past, [selector], options);
      const own = (name: string) => figures({ strategies } as Validation, name);
      const means = rows.map((row) => {
        const known = row.filter((value) => value !== null);
        return known.reduce((sum, value) => sum + value, 0) / known.length;
      });
      const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
      expect(own("Random Selection").quality).toBeCloseTo(mean, 9);
      for (const one of strategies) {
        const total = Object.values(one.shares).reduce((sum, share) => sum + share, 0);
        if (one.queries > 0) expect(total).toBeCloseTo(1, 9);
        if (one.queries < rows.length) continue;
        expect(one.quality).toBeLessThanOrEqual(own("Oracle (best)").quality + 1e-9);
        expect(one.bestShare).toBeLessThanOrEqual(own("Oracle (best)").bestShare + 1e-9);
        expect(one.regret).toBeGreaterThanOrEqual(-1e-9);
        expect(one.gain.low).toBeLessThanOrEqual(one.gain.mean + 1e-9);
        expect(one.gain.high).toBeGreaterThanOrEqual(one.gain.mean - 1e-9);
      }
    }),
    { numRuns: 40 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { judgePair, pairFigures } from "./pair.ts";
import { heldOutOf, selectorBy } from "./testing/held-out.ts";

test("a perfect order: the strong model where it helps, first", () => {
  // Weak is right on two of four, strong on all: gap 0.5. Two calls recover it all.
  const figures = pairFigures([4, 3, 2, 1], [0, 0, 1, 1], [1, 1, 1, 1]);
  expect(figures).toMatchObject({ weakQuality: 0.5, strongQuality: 1, cpt50: 0.25, cpt80: 0.4 });
  // Area under 0.5, 0.75, 1, 1, 1 by trapezoids is 0.875.
  expect(figures.apgr).toBeCloseTo(0.75, 12);
});

test("no preference at all is chance", () => {
  expect(pairFigures([0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1])).toMatchObject({
    ...{ apgr: 0.5, cpt50: 0.5, cpt80: 0.8 },
  });
});

test("the worst order recovers nothing until the end", () => {
  const { apgr, cpt50 } = pairFigures([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 1, 1]);
  expect(apgr).toBeCloseTo(0.25, 12);
  expect(cpt50).toBe(0.75);
});

test("where the strong model is no better there is no gap to recover", () => {
  expect(pairFigures([1, 2], [1, 0], [0, 1])).toMatchObject({
    apgr: null,
    cpt50: null,
    cpt80: null,
  });
});

test("against the definition: mean over all orders of equals, and over all thresholds", () => {
  const answer = fc.constantFrom(0, 1);
  const row = fc.record({ weak: answer, strong: answer, score: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 20 }), (rows) => {
      const distinct = rows.map(({ score }, at) => score * 100 + at);
      const [weak, strong] = [rows.map((one) => one.weak), rows.map((one) => one.strong)];
      const { apgr, weakQuality, strongQuality } = pairFigures(distinct, weak, strong);
      if (apgr === null) return;
      const recovered = Array.from({ length: rows.length + 1 }, (_, calls) => {
        const order = [...rows.keys()].sort((a, b) => (distinct[b] ?? 0) - (distinct[a] ?? 0));
        const sent = new Set(order.slice(0, calls));
        const sum = rows.reduce((all, one, at) => all + (sent.has(at) ? one.strong : one.weak), 0);
        return (sum / rows.length - weakQuality) / (strongQuality - weakQuality);
      });
      const inner = recovered.slice(1, -1).reduce((sum, value) => sum + value, 0);
      expect(apgr).toBeCloseTo((inner + 0.5) / rows.length, 9);
    }),
  );
});

test("only queries that both models answered count, and selectors that know both", () => {
  const held = heldOutOf({
    models: ["strong", "weak"],
    quality: [
      [1, 0],
      [1, null],
      [0, 0],
    ],
  });
  const knows = selectorBy(["strong", "weak"], (query) => [query === 0 ? 2 : 0, 1]);
  expect(judgePair(held, held.categories, knows, ["weak", "strong"])).toMatchObject({
    ...{ queries: 2, apgr: 0.75, cpt50: 0.25 },
  });
  const stranger = selectorBy(["strong"], () => [1]);
  expect(judgePair(held, held.categories, stranger, ["weak", "strong"])).toBeUndefined();
});

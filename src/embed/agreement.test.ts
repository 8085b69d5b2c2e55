import { expect, test } from "vitest";
import { agreement } from "./agreement.ts";

const unit = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

test("the same vectors agree", () => {
  const vectors = [0, 10, 50, 95].map(unit);
  const { texts, cosine, sameNearest } = agreement(vectors, vectors);
  expect(texts).toBe(4);
  for (const value of Object.values(cosine)) expect(value).toBeCloseTo(1, 6);
  expect(sameNearest).toBe(1);
});

test("cosines of pairs, and who is nearest", () => {
  // Nearest of 0, 10, 50: 10, 0, 10. With the second turned by 25 degrees: 35, 50, 35.
  const { cosine, sameNearest } = agreement([0, 10, 50].map(unit), [0, 35, 50].map(unit));
  expect(cosine.min).toBeCloseTo(Math.cos((25 * Math.PI) / 180), 6);
  expect(cosine.p50).toBeCloseTo(1, 6);
  expect(cosine.mean).toBeCloseTo((2 + Math.cos((25 * Math.PI) / 180)) / 3, 6);
  expect(sameNearest).toBeCloseTo(2 / 3, 6);
});

test("two texts have one neighbour each, which says nothing", () => {
  expect(agreement([0, 1].map(unit), [0, 1].map(unit)).sameNearest).toBeUndefined();
});

test("no texts, or a vector too few", () => {
  expect(() => agreement([], [])).toThrow("two vectors");
  expect(() => agreement([unit(0)], [])).toThrow("two vectors");
});

import { expect, test } from "vitest";
import { lift } from "../../embed/lift.ts";
import { narrowVectors } from "./narrow-vectors.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

test("a lifted vector comes back, and weights for it give the same product where it was lifted", () => {
  const narrow = Float32Array.of(0.6, 0, -0.8);
  const wide = Float32Array.from(lift(narrow));
  const found = narrowVectors(wide, wide.length);
  expect(found.width).toBe(3);
  expect([...found.rows].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.6, 0, -0.8]);
  const weights = Float32Array.of(1, 2, 3);
  expect(dot(found.widen(weights, 1), wide)).toBeCloseTo(dot(weights, narrow), 5);
});

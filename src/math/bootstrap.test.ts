import { expect, test } from "vitest";
import { pairedBootstrap } from "./bootstrap.ts";
import { random } from "./random.ts";

test("the interval is about two standard errors each way", () => {
  const next = random(3);
  const coins = Float64Array.from({ length: 1000 }, () => (next() < 0.5 ? 1 : 0));
  const { mean, low, high, count } = pairedBootstrap(coins, 1);
  const error = Math.sqrt((mean * (1 - mean)) / count);
  expect(mean - low).toBeCloseTo(1.96 * error, 2);
  expect(high - mean).toBeCloseTo(1.96 * error, 2);
  expect(pairedBootstrap(coins, 1)).toEqual({ mean, low, high, count });
});

test("pairs that never differ have no interval", () => {
  expect(pairedBootstrap([0, 0, 0], 1)).toEqual({ mean: 0, low: 0, high: 0, count: 3 });
});

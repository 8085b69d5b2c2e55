import fc from "fast-check";
import { expect, test } from "vitest";
import { random, shuffled } from "./random.ts";

test("a seed has one sequence, in [0, 1)", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [next, again] = [random(seed), random(seed)];
      for (let i = 0; i < 20; i++) {
        const value = next();
        expect(again()).toBe(value);
        expect(value >= 0 && value < 1).toBe(true);
      }
    }),
  );
});

test("neighbouring seeds share nothing, and the mean is a half", () => {
  const firsts = Array.from({ length: 1000 }, (_, seed) => random(seed)());
  expect(new Set(firsts).size).toBe(1000);
  expect(firsts.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(0.5, 1);
});

test("a shuffle keeps every number, and moves them", () => {
  const order = shuffled(100, random(1));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order.filter((value, at) => value === at).length).toBeLessThan(10);
});

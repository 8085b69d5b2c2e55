import fc from "fast-check";
import { expect, test } from "vitest";
import { smallest } from "./smallest.ts";

test.each([
  { case: "ties keep the order of the indices", values: [2, 1, 1, 1], count: 2, want: [1, 2] },
  { case: "fewer than asked for", values: [3, 1], count: 5, want: [1, 0] },
  { case: "what is not finite is left out", values: [NaN, Infinity, 7], count: 3, want: [2] },
  { case: "nothing", values: [], count: 3, want: [] },
])("$case", ({ values, count, want }) => {
  expect(smallest(values, count)).toEqual(want);
});

test("agrees with a full sort by value and index", () => {
  const values = fc.array(fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 12 }), (numbers, count) => {
      const order = numbers.map((_, index) => index);
      order.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b);
      expect(smallest(numbers, count)).toEqual(order.slice(0, count));
    }),
  );
});

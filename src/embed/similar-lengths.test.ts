import fc from "fast-check";
import { expect, test } from "vitest";
import { similarLengths } from "./similar-lengths.ts";

test.each([
  { case: "no texts, no run", lengths: [], want: [] },
  { case: "alike run together", lengths: [12, 10, 18], want: [[1, 0, 2]] },
  { case: "unlike run apart", lengths: [30, 10], want: [[1], [0]] },
  { case: "the shortest of a run is the measure", lengths: [10, 18, 26], want: [[0, 1], [2]] },
])("$case", ({ lengths, want }) => {
  expect(similarLengths(lengths)).toEqual(want);
});

test("every text runs once", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(512)), (lengths) => {
      const all = similarLengths(lengths).flat();
      expect(all.toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
    }),
  );
});

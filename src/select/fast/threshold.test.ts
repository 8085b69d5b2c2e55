import fc from "fast-check";
import { expect, test } from "vitest";
import { thresholdFinder } from "./threshold.ts";

const entry = fc.record({
  value: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  weight: fc.integer({ min: 0, max: 4 }),
});

test("the least value up to which the values weigh k, for short lists and long ones", () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 120 }),
      fc.integer({ min: 1, max: 90 }),
      fc.boolean(),
      fc.nat(120),
      (entries, k, weighed, cut) => {
        const values = Float64Array.from(entries, ({ value }) => value);
        const weights = weighed ? Uint32Array.from(entries, ({ weight }) => weight) : undefined;
        const middle = Math.min(cut, entries.length);
        // One number of the middle is in neither stretch.
        const left = Math.min(middle + 1, entries.length);
        const stretches = { ends: Uint32Array.of(left, entries.length, 0, middle), length: 4 };
        const sorted = entries
          .map(({ value, weight }) => ({ value, weight: weighed ? weight : 1 }))
          .filter((_, at) => at < middle || at >= left)
          .sort((a, b) => a.value - b.value);
        let total = 0;
        const wanted = sorted.find(({ weight }) => {
          total += weight;
          return total >= k;
        });
        const found = thresholdFinder(entries.length)({ values, stretches, weights, k });
        // Not toBe, to which 0 and -0 differ.
        expect(found === (wanted?.value ?? Number.POSITIVE_INFINITY)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { dot } from "../math/matrix.ts";
import { lift } from "./lift.ts";

const vector = (length: number) =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });

test("every dot product is kept, whatever the width", () => {
  const pair = fc.integer({ min: 1, max: 1024 }).chain((n) => fc.tuple(vector(n), vector(n)));
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(dot(lift(a), lift(b))).toBeCloseTo(dot(a, b), 9);
    }),
  );
});

test("one number spreads over all 1024", () => {
  const lifted = lift([1]);
  expect(lifted).toHaveLength(1024);
  expect(new Set(lifted.map(Math.abs))).toEqual(new Set([1 / 32]));
});

test("the signs are those of every artifact that was ever trained", () => {
  // Lifting the unit vector of position i gives sign i, as its first number.
  const first16 = Array.from({ length: 16 }, (_, i) => {
    const unit = new Float64Array(16);
    unit[i] = 1;
    return (lift(unit)[0] as number) > 0 ? "+" : "-";
  });
  expect(first16.join("")).toBe("+-++------+-++++");
});

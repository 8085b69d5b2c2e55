import { expect, test } from "vitest";
import { dot } from "../math/matrix.ts";
import { normalized, pooled } from "./pool.ts";

// Two texts of 2 numbers a token, padded to 3 tokens; the second has 2 tokens and a row of padding.
const numbers = [1, 2, 3, 4, 5, 9, /* second */ 10, 20, 30, 60, 777, 777];
const second = { numbers, start: 6, tokens: 2, width: 2 };

test.each([
  { pooling: "mean", want: [20, 40] },
  { pooling: "cls", want: [10, 20] },
  { pooling: "last-token", want: [30, 60] },
] as const)("$pooling reads the text's own rows and no padding", ({ pooling, want }) => {
  expect([...pooled(second, pooling)]).toEqual(want);
});

const ramp = (width: number) => new Float64Array(width).map((_, i) => i + 1);

test("a vector of 1024 is only made unit", () => {
  const x = ramp(1024);
  const length = Math.sqrt(dot(x, x));
  expect(normalized(x)).toEqual(x.map((value) => value / length));
});

test("a wider vector keeps its first 1024 numbers, and is unit again", () => {
  expect(dot(normalized(ramp(1536)), normalized(ramp(1024)))).toBeCloseTo(1, 12);
});

test("a narrower vector is lifted", () => {
  const x = normalized(ramp(384));
  expect(x).toHaveLength(1024);
  expect(dot(x, x)).toBeCloseTo(1, 12);
});

test.each([
  { case: "zeros", vector: new Float64Array(4) },
  { case: "not a number", vector: Float64Array.of(1, Number.NaN) },
  { case: "infinite", vector: Float64Array.of(1, Number.POSITIVE_INFINITY) },
])("a vector of $case has no direction", ({ vector }) => {
  expect(() => normalized(vector)).toThrow("the model gave a vector of length");
});

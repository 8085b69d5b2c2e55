import { expect, test } from "vitest";
import { concatenated, narrowed, squaredDistances } from "./matrix.ts";

test("distances accumulate in double precision", () => {
  const rows = new Float32Array([1e4, 1, 0, 0]);
  expect([...squaredDistances(rows, new Float64Array([0, 1e-4]))]).toEqual([
    1e8 + (1 - 1e-4) ** 2,
    1e-4 ** 2,
  ]);
});

test("numbers are narrowed only when nothing is lost", () => {
  expect(narrowed(new Float64Array([0.5, -2]))).toBeInstanceOf(Float32Array);
  expect(narrowed(new Float64Array([0.5, 0.1]))).toBeInstanceOf(Float64Array);
});

test("joining keeps the wider type", () => {
  const joined = concatenated([new Float32Array([0.5]), new Float64Array([0.1])]);
  expect(joined).toEqual(new Float64Array([0.5, 0.1]));
});

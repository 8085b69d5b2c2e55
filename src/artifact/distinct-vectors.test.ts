import fc from "fast-check";
import { expect, test } from "vitest";
import { distinctVectors } from "./distinct-vectors.ts";

test("rows of one query share a vector", () => {
  const rows = new Float64Array([1, 2, 3, 4, 1, 2, 3, 4, 1, 3]);
  const { vectors, vectorOf } = distinctVectors(rows, 2);
  expect(vectors).toEqual(new Float64Array([1, 2, 3, 4, 1, 3]));
  expect([...vectorOf]).toEqual([0, 1, 0, 1, 2]);
});

test("every row is still what it was, and no vector occurs twice", () => {
  const row = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(row), fc.boolean(), (rows, wide) => {
      const flat = wide ? Float64Array.from(rows.flat()) : Float32Array.from(rows.flat());
      const { vectors, vectorOf } = distinctVectors(flat, 2);
      const at = (vector: number) => [...vectors.subarray(vector * 2, vector * 2 + 2)];
      expect([...vectorOf].map(at)).toEqual(rows);
      const keys = Array.from({ length: vectors.length / 2 }, (_, index) => String(at(index)));
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { solveInPlace } from "./cholesky.ts";
import { gram } from "./gram.ts";
import { dot } from "./matrix.ts";
import { random } from "./random.ts";

const size = fc.integer({ min: 1, max: 11 });

const table = (count: number, dimension: number, seed: number): Float32Array => {
  const next = random(seed);
  return Float32Array.from({ length: count * dimension }, () => next() - 0.5);
};

test("every pair of rows has its product, whatever the numbers of rows and columns", () => {
  fc.assert(
    fc.property(size, size, fc.nat(), (count, dimension, seed) => {
      const rows = table(count, dimension, seed);
      const found = gram(rows, dimension);
      const row = (at: number) => rows.subarray(at * dimension, (at + 1) * dimension);
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          expect(found[a * count + b]).toBeCloseTo(dot(row(a), row(b)), 6);
        }
      }
    }),
  );
});

test("solutions put back give the right sides", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 3 }), fc.nat(), (count, columns, seed) => {
      const a = Float64Array.from(gram(table(count, 12, seed), 12));
      for (let i = 0; i < count; i++) a[i * count + i]! += 0.1;
      const right = Float64Array.from(table(count, columns, seed + 1));
      const solution = right.slice();
      solveInPlace(a.slice(), count, solution, columns);
      right.forEach((want, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        const left = a.subarray(row * count, (row + 1) * count);
        expect(
          dot(
            left,
            left.map((_, i) => solution[i * columns + column] as number),
          ),
        ).toBeCloseTo(want, 8);
      });
    }),
  );
});

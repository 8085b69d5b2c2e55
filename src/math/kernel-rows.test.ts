import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { kernelRows } from "./kernel-rows.ts";
import { random } from "./random.ts";

const table = (count: number, dimension: number, seed: number): Float32Array => {
  const next = random(seed);
  return Float32Array.from({ length: count * dimension }, () => next() - 0.5);
};

const exact = (rows: Float32Array, dimension: number, a: number, b: number, gamma?: number) => {
  let [product, distance] = [0, 0];
  for (let i = 0; i < dimension; i++) {
    const [x, y] = [rows[a * dimension + i] as number, rows[b * dimension + i] as number];
    product += x * y;
    distance += (x - y) ** 2;
  }
  return Math.fround(gamma === undefined ? product : Math.exp(-gamma * distance));
};

test.each([
  [1, 1],
  [2, 3],
  [5, 16],
  [67, 9],
  [130, 1038],
])("%i examples of %i numbers: every pair, linear and rbf", (size, dimension) => {
  const rows = table(size, dimension, size);
  for (const gamma of [undefined, 1 / dimension, 3]) {
    const kernel = kernelRows(rows, dimension, gamma);
    for (let a = 0; a < size; a++) {
      const row = kernel.row(a);
      expect(row).toHaveLength(size);
      for (let b = 0; b < size; b++) {
        const want = exact(rows, dimension, a, b, gamma);
        const off = Math.abs((row[b] as number) - want);
        expect(off).toBeLessThanOrEqual(Math.abs(want) * 2 ** -23 + 1e-15);
      }
    }
  }
});

test("rows computed when asked for have the same bytes as those of the whole table", () => {
  const property = fc.property(
    fc.integer({ min: 3, max: 40 }),
    fc.integer({ min: 1, max: 11 }),
    fc.option(fc.double({ min: 0.01, max: 4, noNaN: true }), { nil: undefined }),
    fc.integer({ min: 0, max: 5000 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 120 }),
    (size, dimension, gamma, bytes, asked) => {
      const rows = table(size, dimension, size + dimension);
      const whole = kernelRows(rows, dimension, gamma);
      const cached = kernelRows(rows, dimension, gamma, bytes);
      let before: [number, Float32Array] | undefined;
      for (const one of asked) {
        const example = one % size;
        const row = cached.row(example);
        expect(row).toEqual(whole.row(example));
        if (before) expect(before[1]).toEqual(whole.row(before[0]));
        before = [example, row];
      }
    },
  );
  fc.assert(property);
});

test("without SIMD the bytes are the same", async () => {
  const [size, dimension] = [70, 37];
  const rows = table(size, dimension, 1);
  const simd = [undefined, 0.5].map((gamma) => kernelRows(rows, dimension, gamma));
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const plain = await import("./kernel-rows.ts");
  [undefined, 0.5].forEach((gamma, at) => {
    const other = plain.kernelRows(rows, dimension, gamma);
    for (let a = 0; a < size; a++) expect(other.row(a)).toEqual(simd[at]?.row(a));
  });
  vi.unstubAllGlobals();
  vi.resetModules();
});

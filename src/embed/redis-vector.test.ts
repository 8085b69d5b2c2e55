import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRedis, redisVectorBytes, toRedis } from "./redis-vector.ts";

const unitVector = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1024, maxLength: 1024 })
  .map((numbers) => ({ numbers, length: Math.hypot(...numbers) }))
  .filter(({ length }) => length > 1e-3)
  .map(({ numbers, length }) => Float32Array.from(numbers, (value) => value / length));

test("there and back, a unit vector keeps its direction to 1.2e-7 of cosine and is of unit length", () => {
  fc.assert(
    fc.property(unitVector, (vector) => {
      const bytes = toRedis(vector);
      expect(bytes.length).toBe(redisVectorBytes);
      const back = fromRedis(bytes) as Float32Array;
      expect(Math.abs(Math.hypot(...back) - 1)).toBeLessThan(1e-6);
      const distance = Math.hypot(...vector.map((value, i) => value - (back[i] as number)));
      // Half of distance squared is what the cosine lacks of 1; 2^-11 of each number is at most 2^-11 of the whole.
      expect(distance ** 2 / 2).toBeLessThan(1.3e-7);
    }),
    { numRuns: 50 },
  );
});

test("bytes are read wherever they lie", () => {
  const vector = new Float32Array(1024).fill(1 / 32);
  const inside = Buffer.concat([Buffer.from("odd"), toRedis(vector)]).subarray(3);
  expect(fromRedis(inside)).toEqual(vector);
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["one byte too few", toRedis(new Float32Array(1024).fill(1 / 32)).subarray(1)],
  ["another dimension", Buffer.alloc(1536)],
  ["zeros", Buffer.alloc(redisVectorBytes)],
  ["not a number", toRedis(new Float32Array(1024).fill(Number.NaN))],
  ["infinite", toRedis(new Float32Array(1024).fill(1e6))],
  ["twice as long", toRedis(new Float32Array(1024).fill(2 / 32))],
])("%s is no vector", (_case, bytes) => {
  expect(fromRedis(bytes)).toBeUndefined();
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { random } from "../random.ts";
import { dotError } from "./kernels.ts";
import { kernelsInUse, makePool } from "./pool.ts";

/** No multiple of 4, of 2 or of 8. */
const count = 23;
/** Rows that bounds are computed of at once stand in blocks of four. */
const blocked = 24;
const dimensions = [1, 2, 3, 7, 8, 15, 16, 37, 130, 259, 1038];

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** A pool of each kind with the same content. */
async function everyPool(dimension: number) {
  const padded = Math.ceil(dimension / 16) * 16;
  const regions = {
    rows: count * dimension * 4,
    x: 4 * dimension * 8,
    indices: count * 4,
    bytes: blocked * padded,
    facts: blocked * 32,
    query: padded * 2,
    queryFacts: 24,
    lower: blocked * 8,
    upper: blocked * 8,
    out: 4 * (count + 1) * 8,
    squares: (count + 1) * 8,
    weights: (count + 1) * 16,
    sums: 32,
  };
  const pools = [makePool(regions)];
  const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
  class WithoutRelaxed extends engine.Module {
    constructor(bytes: Uint8Array) {
      if (bytes.byteLength < 5000) throw new Error("an instruction is unknown");
      super(bytes);
    }
  }
  for (const [kind, stub] of [
    ["simd", { ...allOf(engine), Module: WithoutRelaxed }],
    ["plain", undefined],
  ] as const) {
    vi.stubGlobal("WebAssembly", stub);
    vi.resetModules();
    const other = await import("./pool.ts");
    expect(other.kernelsInUse()).toBe(kind);
    pools.push(other.makePool(regions));
    vi.unstubAllGlobals();
  }
  for (const { singles, doubles, indices, at } of pools) {
    const next = random(dimension);
    for (let i = 0; i < count * dimension; i++) singles[at.rows / 4 + i] = next() - 0.5;
    for (let i = 0; i < dimension; i++) doubles[at.x / 8 + i] = next() - 0.5;
    for (let i = 0; i < count; i++) {
      indices[at.indices / 4 + i] = count - 1 - i;
      doubles[at.squares / 8 + i] = next();
      doubles[at.weights / 8 + 2 * i] = next() - 0.5;
      doubles[at.weights / 8 + 2 * i + 1] = next() - 0.5;
    }
  }
  return { pools, padded };
}

/** TypeScript knows WebAssembly only together with the whole of the browser. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: unknown;
  readonly Instance: unknown;
}

/** Its members are not enumerable. */
const allOf = ({ Memory, Instance }: Engine) => ({ Memory, Instance });

beforeEach(() => expect(kernelsInUse()).toBe("relaxed"));

test.each(dimensions)("distances of %i numbers have the same bits in both", async (dimension) => {
  const { pools } = await everyPool(dimension);
  const [relaxed, simd, plain] = pools.map(({ kernels, at, doubles }) => {
    kernels.distances(at.rows, dimension, at.x, at.indices, count, at.out);
    return doubles.slice(at.out / 8, at.out / 8 + count);
  });
  expect(relaxed).toEqual(plain);
  expect(simd).toEqual(plain);
  expect(simd?.every((distance) => distance > 0)).toBe(true);
});

test.each(dimensions)(
  "bounds of %i numbers hold the distance, and not much more",
  async (dimension) => {
    const { pools, padded } = await everyPool(dimension);
    for (const { kernels, at, doubles } of pools) {
      kernels.encodeQuery(at.x, dimension, padded, at.query, at.queryFacts);
      const encoding = [at.indices, count, at.bytes, at.facts] as const;
      kernels.encodeRows(at.rows, dimension, dimension, padded, ...encoding);
      const query = [at.query, at.queryFacts, 2, 1e-12, at.lower, at.upper] as const;
      kernels.bounds(at.bytes, padded, at.facts, blocked, ...query);
      kernels.distances(at.rows, dimension, at.x, at.indices, count, at.out);
      for (let n = 0; n < count; n++) {
        const distance = 2 + (doubles[at.out / 8 + n] as number);
        const low = doubles[at.lower / 8 + n] as number;
        const high = doubles[at.upper / 8 + n] as number;
        expect(low).toBeLessThanOrEqual(distance);
        expect(high).toBeGreaterThanOrEqual(distance);
        expect(high - low).toBeLessThan(0.02 * dimension ** 0.5 * distance);
      }
    }
  },
);

test.each([16, 1024])("sums of %i products at their largest do not overflow", async (dimension) => {
  const { pools, padded } = await everyPool(dimension);
  for (const { kernels, at, doubles, singles } of pools) {
    for (let i = 0; i < dimension; i++) doubles[at.x / 8 + i] = 1;
    singles.fill(-1, at.rows / 4, at.rows / 4 + count * dimension);
    kernels.encodeQuery(at.x, dimension, padded, at.query, at.queryFacts);
    const encoding = [at.indices, count, at.bytes, at.facts] as const;
    kernels.encodeRows(at.rows, dimension, dimension, padded, ...encoding);
    const query = [at.query, at.queryFacts, 0, 1e-12, at.lower, at.upper] as const;
    kernels.bounds(at.bytes, padded, at.facts, blocked, ...query);
    expect(doubles[at.lower / 8]).toBeCloseTo(4 * dimension, 3);
    expect(doubles[at.upper / 8]).toBeCloseTo(4 * dimension, 3);
  }
});

test.each(dimensions)(
  "dots of %i numbers are within their error, alone or four at once",
  async (dimension) => {
    const { pools } = await everyPool(dimension);
    for (const { kernels, at, doubles, singles } of pools) {
      const next = random(7);
      for (let i = 0; i < 4 * dimension; i++) singles[at.x / 4 + i] = next() - 0.5;
      kernels.dotsOfFour(at.rows, count, dimension, at.x, at.out);
      const together = doubles.slice(at.out / 8, at.out / 8 + 4 * count);
      for (let query = 0; query < 4; query++) {
        const x = at.x + query * dimension * 4;
        kernels.dots(at.rows, count, dimension, x, at.out);
        const alone = doubles.slice(at.out / 8, at.out / 8 + count);
        expect(together.subarray(query * count, (query + 1) * count)).toEqual(alone);
        alone.forEach((value, n) => {
          const row = at.rows / 4 + n * dimension;
          let [exact, own, other] = [0, 0, 0];
          for (let i = 0; i < dimension; i++) {
            const [a, b] = [singles[row + i] as number, singles[x / 4 + i] as number];
            exact += a * b;
            own += a * a;
            other += b * b;
          }
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(dotError * Math.sqrt(own * other));
          expect(kernels.squaredLength(x, dimension)).toBeCloseTo(other, 10);
          const rough = kernels.roughSquaredLength(x, dimension);
          expect(Math.abs(rough - other)).toBeLessThanOrEqual(dotError * other);
        });
      }
    }
  },
);

test("kernel values and weighed sums are those of exp in double precision", async () => {
  const { pools } = await everyPool(16);
  for (const { kernels, at, doubles } of pools) {
    for (const [gamma, products] of [
      [1, [0.9, 0, -1]],
      [0.001, [0.5, 1, 0.1]],
      [300, [0.4, -0.9, 0.99]],
    ] as const) {
      for (let n = 0; n < count; n++) doubles[at.out / 8 + n] = 2 * (products[n % 3] as number);
      kernels.kernelValues(at.out, at.squares, count, 0.5, gamma, at.lower);
      const wanted = Array.from({ length: count }, (_, n) => {
        const squared =
          1 + (doubles[at.squares / 8 + n] as number) - 2 * (products[n % 3] as number);
        return Math.exp(-gamma * Math.max(0, squared));
      });
      const [sums, sizes] = [
        [0, 0],
        [0, 0],
      ];
      wanted.forEach((value, n) => {
        const own = doubles[at.lower / 8 + n] as number;
        expect(Math.abs(own - value)).toBeLessThanOrEqual(1e-13 * value + 1e-300);
        for (const side of [0, 1]) {
          const weight = doubles[at.weights / 8 + 2 * n + side] as number;
          sums[side]! += value * weight;
          sizes[side]! += Math.abs(value * weight);
        }
      });
      kernels.weighedSums(at.lower, at.weights, count, at.sums);
      const found = doubles.slice(at.sums / 8, at.sums / 8 + 4);
      [...sums, ...sizes].forEach((value, i) => {
        expect(Math.abs((found[i] as number) - value)).toBeLessThan(1e-12);
      });
    }
  }
});

test("regions begin on cache lines and do not overlap", () => {
  const { at, doubles } = makePool({ a: 1, b: 65, c: 0, d: 8 });
  expect(at).toEqual({ a: 0, b: 64, c: 192, d: 192 });
  expect(doubles.byteLength).toBeGreaterThanOrEqual(200);
});

import { afterEach, expect, test, vi } from "vitest";
import { random } from "../random.ts";
import { kernelsInUse, makePool, type Pool } from "./pool.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** What `work` leaves in a pool of each kind that began with the same content, and what it answers. */
async function inBoth<Region extends string, Answer>(
  regions: Readonly<Record<Region, number>>,
  fill: (pool: Pool<Region>) => void,
  work: (pool: Pool<Region>) => Answer,
) {
  expect(kernelsInUse()).not.toBe("plain");
  const simd = makePool(regions);
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const withoutSimd = await import("./pool.ts");
  expect(withoutSimd.kernelsInUse()).toBe("plain");
  return [simd, withoutSimd.makePool(regions)].map((pool) => {
    fill(pool);
    const answer = work(pool);
    const { at, doubles, singles } = pool;
    const list = (region: Region, count: number) => doubles.slice(at[region] / 8).slice(0, count);
    const short = (region: Region, count: number) => singles.slice(at[region] / 4).slice(0, count);
    return { answer, list, short };
  });
}

const sizes = [
  [1, 1, 4],
  [3, 2, 8],
  [4, 1, 4],
  [5, 7, 12],
  [9, 6, 1040],
] as const;

test.each(sizes)("products of %i rows with %i of %i numbers", async (rows, columns, padded) => {
  const stride = columns + 1;
  const [simd, plain] = await inBoth(
    { a: 8 * rows * padded, b: 8 * columns * padded, into: 8 * rows * stride },
    ({ doubles }) => {
      const next = random(padded);
      doubles.forEach((_, at) => {
        doubles[at] = next() - 0.5;
      });
    },
    ({ kernels, at, doubles }) => {
      kernels.products(at.a, rows, at.b, columns, padded, at.into, stride);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let exact = 0;
          for (let i = 0; i < padded; i++) {
            exact +=
              (doubles[at.a / 8 + row * padded + i] as number) *
              (doubles[at.b / 8 + column * padded + i] as number);
          }
          expect(doubles[at.into / 8 + row * stride + column]).toBeCloseTo(exact, 12);
        }
      }
    },
  );
  expect(simd?.list("into", rows * stride)).toEqual(plain?.list("into", rows * stride));
});

test.each([
  [4, 1, 1],
  [8, 5, 3],
  [4, 6, 1038],
])("products of %i rows of doubles with %i of %i singles", async (rows, columns, dimension) => {
  const padded = 4 * Math.ceil(dimension / 4);
  const regions = {
    a: 8 * rows * padded,
    b: 4 * (columns * dimension + 4),
    wide: 8 * columns * padded,
    into: 8 * rows * columns,
    wanted: 8 * rows * columns,
  };
  const found = await inBoth(
    regions,
    ({ doubles, singles, at }) => {
      const next = random(dimension);
      for (let i = 0; i < rows * padded; i++) {
        doubles[at.a / 8 + i] = i % padded < dimension ? next() - 0.5 : 0;
      }
      for (let i = 0; i < columns * dimension + 4; i++) {
        const value = Math.fround(next() - 0.5);
        singles[at.b / 4 + i] = value;
        const [column, place] = [Math.floor(i / dimension), i % dimension];
        if (column < columns) doubles[at.wide / 8 + column * padded + place] = value;
      }
    },
    ({ kernels, at }) => {
      const others = [at.b, columns, dimension, at.into, columns] as const;
      kernels.productsOfSingles(at.a, rows, padded, ...others);
      kernels.products(at.a, rows, at.wide, columns, padded, at.wanted, columns);
    },
  );
  for (const { list } of found) {
    expect(list("into", rows * columns)).toEqual(list("wanted", rows * columns));
    expect(list("into", rows * columns)).toEqual(found[0]?.list("into", rows * columns));
  }
});

test("singles of exp are those of exact values, of distances small, large and below 0", async () => {
  const count = 4000;
  const ready = ({ doubles, at }: Pool<"values" | "squares" | "into">) => {
    const next = random(3);
    for (let i = 0; i < count; i++) {
      doubles[at.values / 8 + i] = 2 * next() - 1;
      doubles[at.squares / 8 + i] = i % 5 === 0 ? 0 : next() * 10 ** (i % 4);
    }
    doubles[at.values / 8] = 1;
    doubles[at.squares / 8] = 1 - 1e-16;
  };
  const regions = { values: 8 * count, squares: 8 * count, into: 4 * count };
  for (const gamma of [0.001, 1, 40, 3000]) {
    const found = await inBoth(regions, ready, ({ kernels, at, doubles, singles }) => {
      kernels.rbfSingles(at.values, at.squares, count, 1, gamma, at.into);
      for (let i = 0; i < count; i++) {
        const squared =
          1 + (doubles[at.squares / 8 + i] as number) - 2 * (doubles[at.values / 8 + i] as number);
        const exact = Math.fround(Math.exp(Math.max(-708, -gamma * Math.max(0, squared))));
        // One rounding away at most, where the exact value lies between two singles.
        const off = Math.abs((singles[at.into / 4 + i] as number) - exact);
        expect(off).toBeLessThanOrEqual(exact * 2 ** -23);
      }
    });
    expect(found[0]?.short("into", count)).toEqual(found[1]?.short("into", count));
    vi.unstubAllGlobals();
    vi.resetModules();
  }
});

test("narrowed doubles are the nearest singles", async () => {
  const [simd, plain] = await inBoth(
    { values: 80, into: 40 },
    ({ doubles, at }) => {
      doubles.set(
        [0.1, -1e-50, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 3e38, 7, -0.3, 1e9, 5],
        at.values / 8,
      );
    },
    ({ kernels, at }) => kernels.narrow(at.values, 10, at.into),
  );
  const wanted = Float32Array.of(
    0.1,
    -1e-50,
    1 + 2 ** -24,
    1 + 3 * 2 ** -24,
    3e38,
    7,
    -0.3,
    1e9,
    5,
    0,
  );
  expect(simd?.short("into", 10)).toEqual(wanted);
  expect(plain?.short("into", 10)).toEqual(wanted);
});

const solver = (count: number) => ({
  first: 4 * count,
  second: 4 * count,
  violations: 8 * count,
  rising: 8 * count,
  falling: 8 * count,
  diagonal: 8 * count,
  facts: 8 * 66,
});

const fillSolver =
  (count: number, seed: number, coarse: boolean) =>
  ({ singles, doubles, at }: Pool<keyof ReturnType<typeof solver>>) => {
    const next = random(seed);
    // Coarse numbers make ties, in lanes and across blocks.
    const number = () => (coarse ? Math.floor(3 * next()) - 1 : next() - 0.5);
    for (let t = 0; t < count; t++) {
      singles[at.first / 4 + t] = number();
      singles[at.second / 4 + t] = number();
      doubles[at.violations / 8 + t] = number();
      doubles[at.diagonal / 8 + t] = 1;
      doubles[at.rising / 8 + t] = next() < 0.3 ? Number.NEGATIVE_INFINITY : 0;
      doubles[at.falling / 8 + t] = next() < 0.3 ? Number.POSITIVE_INFINITY : 0;
    }
  };

test.each(
  [4, 60, 64, 68, 200, 1000].flatMap((count) => [false, true].map((coarse) => ({ count, coarse }))),
)(
  "a step of $count examples finds the last of the largest (coarse: $coarse)",
  async ({ count, coarse }) => {
    const [simd, plain] = await inBoth(
      solver(count),
      fillSolver(count, count, coarse),
      ({ kernels, at, doubles }) => {
        const lists = [at.violations, at.rising, count] as const;
        const step = kernels.smoStep(at.first, at.second, 0.5, -2, ...lists);
        const allowed = Array.from({ length: count }, (_, t) => t).filter(
          (t) => doubles[at.rising / 8 + t] === 0,
        );
        const of = (t: number) => doubles[at.violations / 8 + t] as number;
        const most = Math.max(...allowed.map(of));
        expect(step).toBe(allowed.findLast((t) => of(t) === most));
        const partner = kernels.smoPartner(
          at.first,
          step,
          at.violations,
          at.falling,
          at.diagonal,
          count,
          1e-12,
          at.facts,
        );
        return { step, partner };
      },
    );
    expect(simd?.answer).toEqual(plain?.answer);
    expect(simd?.answer.partner).toBeGreaterThanOrEqual(0);
    expect(simd?.list("violations", count)).toEqual(plain?.list("violations", count));
    expect(simd?.list("facts", 1)).toEqual(plain?.list("facts", 1));
  },
);

test("where nothing may rise or fall there is no step and no partner", async () => {
  const count = 68;
  const found = await inBoth(
    solver(count),
    ({ doubles, at }) => {
      doubles.fill(Number.NEGATIVE_INFINITY, at.rising / 8, at.rising / 8 + count);
      doubles.fill(Number.POSITIVE_INFINITY, at.falling / 8, at.falling / 8 + count);
    },
    ({ kernels, at }) => [
      kernels.smoStep(at.first, at.first, 0, 0, at.violations, at.rising, count),
      kernels.smoPartner(
        at.first,
        0,
        at.violations,
        at.falling,
        at.diagonal,
        count,
        1e-12,
        at.facts,
      ),
    ],
  );
  expect(found.map(({ answer }) => answer)).toEqual([
    [-1, -1],
    [-1, -1],
  ]);
});

test("the weighed sum of a row", async () => {
  const count = 1040;
  const [simd, plain] = await inBoth(
    { row: 4 * count, weights: 8 * count },
    ({ singles, doubles, at }) => {
      const next = random(9);
      for (let i = 0; i < count; i++) {
        singles[at.row / 4 + i] = next() - 0.5;
        doubles[at.weights / 8 + i] = next() - 0.5;
      }
    },
    ({ kernels, at, singles, doubles }) => {
      const sum = kernels.weighedRow(at.row, at.weights, count);
      let exact = 0;
      for (let i = 0; i < count; i++) {
        exact += (singles[at.row / 4 + i] as number) * (doubles[at.weights / 8 + i] as number);
      }
      expect(sum).toBeCloseTo(exact, 12);
      return sum;
    },
  );
  expect(simd?.answer).toBe(plain?.answer);
});

test.each([1, 3, 4, 9, 1038])("a row of %i numbers is added", async (dimension) => {
  const [simd, plain] = await inBoth(
    { row: 4 * dimension, into: 8 * (dimension + 1) },
    ({ singles, doubles, at }) => {
      const next = random(dimension);
      for (let i = 0; i < dimension; i++) {
        singles[at.row / 4 + i] = next();
        doubles[at.into / 8 + i] = i;
      }
    },
    ({ kernels, at, singles, doubles }) => {
      kernels.addRow(at.row, dimension, -0.5, at.into);
      for (let i = 0; i < dimension; i++) {
        expect(doubles[at.into / 8 + i]).toBe(i - 0.5 * (singles[at.row / 4 + i] as number));
      }
      expect(doubles[at.into / 8 + dimension]).toBe(0);
    },
  );
  expect(simd?.list("into", dimension)).toEqual(plain?.list("into", dimension));
});

import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { squaredDistance } from "../math/matrix.ts";
import { random } from "../math/random.ts";
import { cluster, rowsAt } from "./fit-kmeans.ts";
import { kmeansPoints } from "./kmeans-points.ts";
import { plusPlus } from "./kmeans-start.ts";
import { type Clustering, lloyd } from "./lloyd.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** On a coarse grid, so that rows coincide and are as far from one centroid as from another. */
function grid(count: number, dimension: number, seed: number, steps: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count * dimension }, () => Math.floor(steps * next()) / steps);
}

/** Every distance in every iteration, in double precision. */
function plainLloyd(rows: Float32Array, dimension: number, start: Float64Array): Int32Array {
  const count = rows.length / dimension;
  const clusters = start.length / dimension;
  const centroids = start.slice();
  const clusterOf = new Int32Array(count).fill(-1);
  for (let iteration = 0; iteration < 300; iteration++) {
    const before = clusterOf.slice();
    for (let row = 0; row < count; row++) {
      const own = Float64Array.from(rows.subarray(row * dimension, (row + 1) * dimension));
      const all = Array.from({ length: clusters }, (_, at) =>
        squaredDistance(centroids, at * dimension, own),
      );
      clusterOf[row] = all.indexOf(Math.min(...all));
    }
    if (clusterOf.every((own, row) => own === before[row])) break;
    for (let at = 0; at < clusters; at++) {
      const members = [...clusterOf.keys()].filter((row) => clusterOf[row] === at);
      if (members.length === 0) continue;
      for (let i = 0; i < dimension; i++) {
        const sum = members.reduce((all, row) => all + (rows[row * dimension + i] as number), 0);
        centroids[at * dimension + i] = sum / members.length;
      }
    }
  }
  return clusterOf;
}

const inertiaOf = (rows: Float32Array, dimension: number, found: Clustering): number =>
  found.clusterOf.reduce((sum, own, row) => {
    const x = Float64Array.from(rows.subarray(row * dimension, (row + 1) * dimension));
    return sum + squaredDistance(found.centroids, own * dimension, x);
  }, 0);

test("bounds and single precision change no row's cluster", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 7 }),
    fc.nat(),
    (count, dimension, wanted, seed) => {
      // Powers of two: sums of such rows are exact in any order, and so are ties.
      const rows = grid(count, dimension, seed, 1024);
      const clusters = Math.min(wanted, count);
      const points = kmeansPoints(rows, dimension, clusters);
      const start = rowsAt(rows, dimension, plusPlus(points, clusters, random(seed)));
      const found = lloyd(points, start);
      expect(found.clusterOf).toEqual(plainLloyd(rows, dimension, start));
      expect(found.inertia).toBeCloseTo(inertiaOf(rows, dimension, found), 10);
    },
  );
  fc.assert(property);
});

test("a row as near to two centroids belongs to the first", () => {
  const rows = Float32Array.of(0, 2, 1, 1, 1);
  const { clusterOf } = lloyd(kmeansPoints(rows, 1, 2), Float64Array.of(0, 2));
  expect([...clusterOf]).toEqual([0, 1, 0, 0, 0]);
});

test("a centroid without rows stays, and duplicates may be fewer than clusters", () => {
  const rows = Float32Array.of(1, 1, 1, 1);
  const found = lloyd(kmeansPoints(rows, 1, 2), Float64Array.of(1, 5));
  expect([...found.centroids]).toEqual([1, 5]);
  expect(found.inertia).toBe(0);
  const set = { rows, dimension: 1, count: 4 } as Parameters<typeof cluster>[0];
  expect(cluster(set, { clusters: 3, seed: 1, starts: 2 }).inertia).toBe(0);
});

test("starts are rows, far from each other", () => {
  const rows = Float32Array.from({ length: 400 }, (_, at) => 100 * (at % 4) + at / 1000);
  for (let seed = 0; seed < 20; seed++) {
    const chosen = plusPlus(kmeansPoints(rows, 1, 4), 4, random(seed));
    expect(new Set(chosen.map((row) => row % 4)).size).toBe(4);
  }
});

test("without SIMD the bytes are the same", async () => {
  const rows = grid(300, 37, 5, 7);
  const set = { rows, dimension: 37, count: 300 } as Parameters<typeof cluster>[0];
  const settings = { clusters: 9, seed: 2, starts: 3 };
  const simd = cluster(set, settings);
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const plain = await import("./fit-kmeans.ts");
  expect(plain.cluster(set, settings)).toEqual(simd);
});

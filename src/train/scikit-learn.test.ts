import { expect, test } from "vitest";
import { gram } from "../math/gram.ts";
import golden from "./fixtures/scikit-learn.json" with { type: "json" };
import { lloyd } from "./lloyd.ts";
import { smo } from "./smo.ts";

const dimension = 6;
const points = Float32Array.from(golden.points.flat());
const count = golden.points.length;
const all = Uint32Array.from({ length: count }, (_, index) => index);
const kernelOf = (kind: string, gamma: number) => (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let [product, distance] = [0, 0];
  for (let i = 0; i < dimension; i++) {
    product += (a[i] as number) * (b[i] as number);
    distance += ((a[i] as number) - (b[i] as number)) ** 2;
  }
  return kind === "rbf" ? Math.exp(-gamma * distance) : product;
};

test.each(golden.svm)("$kernel, C $C, gamma $gamma: the machine that SVC finds", (want) => {
  const kernel = kernelOf(want.kernel, want.gamma);
  const rows = golden.points;
  const values = Float32Array.from(rows.flatMap((a) => rows.map((b) => kernel(a, b))));
  const labels = Int8Array.from(golden.labels);
  const found = smo({ values, size: count }, all, labels, { c: want.C, tolerance: 1e-6 });
  expect(found.alpha.filter((alpha) => alpha !== 0)).toHaveLength(want.support_vectors);
  expect(Math.abs(found.objective / want.objective - 1)).toBeLessThan(1e-7);
  // Kernel values are singles here and doubles there.
  expect(found.rho).toBeCloseTo(want.rho, 4);
  golden.queries.forEach((query, at) => {
    const sum = rows.reduce(
      (total, row, i) => total + (found.alpha[i] ?? 0) * kernel(row, query),
      0,
    );
    expect(sum - found.rho).toBeCloseTo(want.decisions[at] ?? Number.NaN, 4);
  });
});

test("a part of the table gives the machine of that part", () => {
  const labels = Int8Array.from(golden.labels);
  const some = all.filter((index) => index % 3 !== 0);
  const rows = Float32Array.from([...some].flatMap((index) => golden.points[index] ?? []));
  const settings = { c: 1, tolerance: 1e-6 };
  const own = labels.filter((_, index) => index % 3 !== 0);
  const part = smo({ values: gram(points, dimension), size: count }, some, own, settings);
  const every = Uint32Array.from(some.keys());
  const alone = smo({ values: gram(rows, dimension), size: some.length }, every, own, settings);
  expect(part).toEqual(alone);
});

test("k-means from the same centroids ends where scikit-learn's does", () => {
  const { starts, inertia, sizes } = golden.kmeans;
  const found = lloyd(points, dimension, Float64Array.from(starts.flat()));
  expect(found.inertia).toBeCloseTo(inertia, 8);
  const counts = sizes.map((_, cluster) => found.clusterOf.filter((own) => own === cluster).length);
  expect(counts).toEqual(sizes);
});

import { afterEach, expect, test, vi } from "vitest";
import { parseArtifact } from "../../artifact/json-artifact.ts";
import { openSelector } from "../open-selector.ts";
import { goldenFolder, goldenModel, goldenQueries } from "../testing/goldens.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test.each([
  ["knn", "knn"],
  ["kmeans", "kmeans"],
  ["svm", "svm_rbf"],
  ["svm", "svm_truelinear"],
] as const)("without WebAssembly %s (%s) selects the same", async (algorithm, name) => {
  const folder = goldenFolder("tiny") as string;
  const artifact = parseArtifact(algorithm, goldenModel(folder, name));
  const simd = openSelector(artifact);
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const { kernelsInUse } = await import("../../math/kernels/pool.ts");
  expect(kernelsInUse()).toBe("plain");
  const plain = (await import("../open-selector.ts")).openSelector(artifact);
  let compared = 0;
  for (const { x } of goldenQueries(folder)) {
    if (x.length !== simd.dimension || !x.every(Number.isFinite)) continue;
    if (x.some((value) => Math.abs(value) > 1e100)) continue;
    expect(plain.select(x).model).toBe(simd.select(x).model);
    compared++;
  }
  expect(compared).toBeGreaterThan(150);
});

test("a batch gets the answers of one by one", () => {
  const folder = goldenFolder("tiny") as string;
  const queries = goldenQueries(folder).filter(
    ({ x }) => x.length === 1038 && x.every((value) => Math.abs(value) < 1e10),
  );
  const rows = Float32Array.from(queries.flatMap(({ x }) => [...x]));
  for (const [algorithm, name] of [
    ["knn", "knn"],
    ["kmeans", "kmeans"],
    ["svm", "svm_rbf"],
    ["svm", "svm_truelinear"],
  ] as const) {
    const selector = openSelector(parseArtifact(algorithm, goldenModel(folder, name)));
    for (const count of [1, 3, 4, 6, queries.length]) {
      const part = rows.subarray(0, count * 1038);
      const alone = Array.from({ length: count }, (_, n) =>
        selector.select(part.subarray(n * 1038, (n + 1) * 1038)),
      );
      expect(selector.selectMany(part)).toEqual(alone);
    }
    expect(() => selector.selectMany(rows.subarray(1))).toThrow("no whole number");
  }
});

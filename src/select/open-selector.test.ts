import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { artifactToJSON, parseArtifact } from "../artifact/json-artifact.ts";
import { openSelector } from "./open-selector.ts";
import type { SelectorSettings } from "./settings.ts";

const models = ["a", "b", "c"];
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -2, max: 2, noNaN: true }),
);
const vector = fc.tuple(value, value);
const quality = fc.double({ min: 0, max: 1, noNaN: true });
const label = fc.constantFrom(...models);

const knn = fc
  .record({
    rows: fc.array(fc.tuple(vector, label, quality, fc.nat()), { minLength: 1, maxLength: 12 }),
    k: fc.integer({ min: 1, max: 6 }),
    mode: fc.constantFrom("votes", "outcomes"),
    shrinkage: fc.constantFrom(0, 1.5),
  })
  .map(({ rows, ...fields }) => ({
    algorithm: "knn" as const,
    trained: true,
    ...fields,
    embeddings: rows.map(([x]) => x),
    labels: rows.map(([, name]) => name),
    qualities: rows.map(([, , own]) => own),
    latencies: rows.map(([, , , ns]) => ns),
  }));
const kmeans = fc
  .array(fc.tuple(vector, label), { minLength: 1, maxLength: 6 })
  .map((clusters) => ({
    algorithm: "kmeans" as const,
    trained: true,
    num_clusters: clusters.length,
    centroids: clusters.map(([x]) => x),
    cluster_models: clusters.map(([, name]) => name),
  }));
const rbf = fc.array(fc.tuple(vector, value), { maxLength: 4 }).map((support) => ({
  support_vectors: support.map(([x]) => x),
  alpha: support.map(([, alpha]) => alpha),
  gamma: 1,
}));
const svm = fc
  .tuple(fc.array(vector, { maxLength: 2 }), fc.array(rbf, { minLength: 1, maxLength: 2 }))
  .map(([linear, rest]) => ({
    algorithm: "svm" as const,
    trained: true,
    model_names: models,
    kernel_type: "Rbf",
    gamma: 1,
    linear_classifiers: linear.map((weights, i) => ({ model_name: models[i], weights, rho: 0 })),
    rbf_classifiers: rest.map((own, i) => ({ ...own, model_name: models[2 - i], rho: 0.1 })),
  }));

describe.each([
  { name: "knn", file: knn },
  { name: "kmeans", file: kmeans },
  { name: "svm", file: svm },
])("$name", ({ file }) => {
  const parsed = file.map((fields) => parseArtifact(fields.algorithm, JSON.stringify(fields)));

  test("never selects what is no candidate", () => {
    fc.assert(
      fc.property(
        parsed,
        vector,
        fc.subarray([...models, "unknown"]),
        (artifact, x, candidates) => {
          const selector = openSelector(artifact);
          if (!candidates.some((name) => selector.models.includes(name))) {
            expect(() => selector.select(x, candidates)).toThrow(
              expect.objectContaining({ code: "selector_no_candidate" }),
            );
            return;
          }
          const { model, scores } = selector.select(x, candidates);
          expect(candidates).toContain(model);
          expect(scores[0]?.model).toBe(model);
          for (const own of scores) expect(candidates).toContain(own.model);
          expect(scores.map(({ score }) => score)).toEqual(
            scores.map(({ score }) => score).sort((p, q) => q - p),
          );
        },
      ),
    );
  });

  test("a candidate that wins among all wins among candidates", () => {
    fc.assert(
      fc.property(parsed, vector, fc.subarray(models), (artifact, x, others) => {
        const selector = openSelector(artifact);
        const { model } = selector.select(x);
        expect(selector.select(x, [...others, model]).model).toBe(model);
        expect(selector.select(x, [model, ...others.toReversed()]).model).toBe(model);
      }),
    );
  });

  test("answers the same from what it writes, and from any kind of array", () => {
    fc.assert(
      fc.property(parsed, vector, (artifact, x) => {
        const again = openSelector(parseArtifact(artifact.algorithm, artifactToJSON(artifact)));
        const selector = openSelector(artifact);
        expect(again.select(Float64Array.from(x))).toEqual(selector.select(x));
        expect(selector.select(x)).toEqual(selector.select(x));
      }),
    );
  });

  test.each([
    { case: "short", x: [1] },
    { case: "long", x: [1, 2, 3] },
    { case: "NaN", x: [1, Number.NaN] },
    { case: "infinite", x: [Number.POSITIVE_INFINITY, 1] },
    { case: "no number", x: [1, "2"] as never },
    { case: "nothing", x: undefined as never },
  ])("refuses a vector: $case", ({ x }) => {
    const [artifact] = fc.sample(parsed, { numRuns: 1, seed: 7 });
    if (!artifact) throw new Error("unreachable: one sample");
    const select = () => openSelector({ ...artifact, dimension: 2 }).select(x);
    expect(select).toThrow(expect.objectContaining({ code: "selector_invalid_input" }));
  });

  test("an untrained model opens, and selects nothing", () => {
    const [artifact] = fc.sample(parsed, { numRuns: 1, seed: 7 });
    if (!artifact) throw new Error("unreachable: one sample");
    const selector = openSelector({ ...artifact, trained: false });
    expect(() => selector.select([1, 1])).toThrow(
      expect.objectContaining({ code: "selector_untrained" }),
    );
  });
});

const knnFile = parseArtifact(
  "knn",
  '{"algorithm":"knn","trained":true,"k":1,"embeddings":[[0],[1],[2]],"labels":["a","b","b"]}',
);
const kmeansFile = parseArtifact(
  "kmeans",
  '{"algorithm":"kmeans","trained":true,"num_clusters":8,"centroids":[[0],[1]],"cluster_models":["a","b"]}',
);
const machine = { model_name: "a", rho: 0, gamma: 2, alpha: [1], support_vectors: [[0]] };
const svmFile = parseArtifact(
  "svm",
  JSON.stringify({
    algorithm: "svm",
    trained: true,
    model_names: ["a"],
    kernel_type: "Linear",
    gamma: 1,
    rbf_classifiers: [machine],
  }),
);

test("mode of the configuration replaces the file's", () => {
  const rows = [0, 0.1, 0.2];
  const artifact = parseArtifact(
    "knn",
    JSON.stringify({
      algorithm: "knn",
      trained: true,
      k: 3,
      embeddings: rows.map((x) => [x]),
      labels: ["often", "often", "good"],
      qualities: [0.5, 0.5, 0.9],
    }),
  );
  expect(openSelector(artifact).select([0]).model).toBe("often");
  expect(openSelector(artifact, { mode: "outcomes" }).select([0]).model).toBe("good");
});

test("k of the configuration replaces the file's", () => {
  expect(openSelector(knnFile).select([0]).model).toBe("a");
  expect(openSelector(knnFile, { k: 3 }).select([0]).model).toBe("b");
  expect(openSelector(knnFile, { k: 1000 }).select([0]).model).toBe("b");
});

test.each<{ artifact: typeof knnFile; settings: SelectorSettings }>([
  { artifact: kmeansFile, settings: { numClusters: 8 } },
  { artifact: kmeansFile, settings: { numClusters: 2 } },
  { artifact: svmFile, settings: { kernel: "rbf", gamma: 2 } },
  { artifact: svmFile, settings: { numClusters: 5, k: 3 } },
])("agrees: $settings", ({ artifact, settings }) => {
  expect(() => openSelector(artifact, settings)).not.toThrow();
});

test.each<{ artifact: typeof knnFile; settings: SelectorSettings; detail: string; code?: string }>([
  {
    artifact: kmeansFile,
    settings: { numClusters: 3 },
    detail: "kmeans.num_clusters is 3, the model file was trained with 8",
  },
  {
    artifact: svmFile,
    settings: { kernel: "linear" },
    detail: "svm.kernel is linear, the model file was trained with rbf",
  },
  {
    artifact: svmFile,
    settings: { gamma: 1 },
    detail: "svm.gamma is 1, the model file was trained with 2",
  },
  {
    artifact: knnFile,
    settings: { mode: "outcomes" },
    detail: "knn.mode is outcomes, the model file has no qualities",
  },
  { artifact: knnFile, settings: { k: 0 }, detail: "knn.k is 0", code: "config_invalid" },
])("contradicts: $detail", ({ artifact, settings, detail, code = "artifact_incompatible" }) => {
  expect(() => openSelector(artifact, settings)).toThrow(
    expect.objectContaining({ code, detail: expect.stringContaining(detail) }),
  );
});

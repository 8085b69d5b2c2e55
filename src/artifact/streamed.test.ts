import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import type { Artifact, KnnArtifact } from "./artifact.ts";
import { artifactToCompact } from "./compact.ts";
import { parseArtifact } from "./json-artifact.ts";
import { loadArtifact } from "./load-artifact.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-streamed-"));
const width = 1038;
/** Vectors as a file has them: singles, printed as doubles. */
const row = (seed: number) =>
  Array.from({ length: width }, (_, i) => Math.fround(Math.sin(seed * 977 + i) / 32));
const knn = {
  provenance: { note: 'é " \\ 😀', list: [1, [2, { a: null }]] },
  embeddings: [0, 0, 0, 1, 1, 2, 0, 3, 3, 3].map(row),
  latencies: Array.from({ length: 10 }, (_, i) => i * 1e6),
  labels: [..."abcababcab"],
  unknown: { labels: [1, "]", { deep: [[[['\\"']]]] }], embeddings: 5, number: -1.5e-7 },
  algorithm: "knn",
  k: 3,
  qualities: Array.from({ length: 10 }, (_, i) => i / 10),
  trained: true,
};
const svm = {
  algorithm: "svm",
  trained: true,
  model_names: ["a", "b"],
  kernel_type: "Rbf",
  gamma: 1,
  rbf_classifiers: ["a", "b"].map((model_name) => ({
    model_name,
    support_vectors: [0, 1].map(row),
    alpha: [0.5, -0.25],
    rho: 0.1,
    gamma: 1,
  })),
};
const kmeans = {
  algorithm: "kmeans",
  trained: true,
  num_clusters: 2,
  centroids: [0, 1].map(row),
  cluster_models: ["a", "b"],
};
const large = 2 ** 30;

function load(
  algorithm: Artifact["algorithm"],
  content: string | Uint8Array,
  suffix = "json",
  max = large,
): Artifact {
  const path = join(folder, `model.${suffix}`);
  writeFileSync(path, content);
  return loadArtifact(algorithm, path, max);
}

function refusalOf(act: () => unknown): RouterError | undefined {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof RouterError) return thrown;
    throw thrown;
  }
  return undefined;
}

test("a file reads as its text does, and each different vector once", () => {
  const artifact = load("knn", JSON.stringify(knn)) as KnnArtifact;
  expect(artifact).toEqual(parseArtifact("knn", JSON.stringify(knn, undefined, 2)));
  expect([...artifact.vectorOf]).toEqual([0, 0, 0, 1, 1, 2, 0, 3, 3, 3]);
  expect(artifact.vectors).toEqual(Float32Array.from([0, 1, 2, 3].flatMap(row)));
  expect(artifact.provenance).toEqual(knn.provenance);
});

test("a number that needs double precision widens the rows before it", () => {
  const embeddings = knn.embeddings.map((vector, at) => (at === 5 ? vector.with(7, 0.1) : vector));
  const { vectors } = parseArtifact("knn", JSON.stringify({ ...knn, embeddings })) as KnnArtifact;
  expect(vectors).toEqual(Float64Array.from([row(0), row(1), row(2).with(7, 0.1), row(3)].flat()));
});

test("0 and -0, and numbers that only round to the same single, are different vectors", () => {
  const embeddings = [[0.5], [0.5], [0.5000000000000001], [0], [-0]];
  const file = JSON.stringify({
    ...knn,
    embeddings,
    labels: [..."abcde"],
    qualities: [],
    latencies: [],
  });
  const { vectorOf } = parseArtifact("knn", file.replace("[0]]", "[-0]]")) as KnnArtifact;
  expect([...vectorOf]).toEqual([0, 0, 1, 2, 3]);
});

test("more than the window's worth of one value is read, and of one that is passed", () => {
  const note = "x".repeat(3 * 2 ** 20);
  const text = JSON.stringify({
    passed: note,
    many: Array.from({ length: 500_000 }, () => 1.5),
    ...knn,
  });
  expect(load("knn", text)).toEqual(load("knn", JSON.stringify(knn)));
});

test.each([
  {
    algorithm: "knn",
    text: JSON.stringify(knn).replace('"k":3', '"k":3,"k":3'),
    want: "k occurs twice",
  },
  {
    algorithm: "knn",
    text: JSON.stringify(knn).replace('"labels":["a"', '"labels":[],"labels":["a"'),
    want: "labels occurs twice",
  },
  {
    algorithm: "knn",
    text: JSON.stringify(knn).replace('"note"', '"list":1,"note"'),
    want: "provenance.list occurs twice",
  },
  {
    algorithm: "svm",
    text: JSON.stringify(svm).replace('"rho":0.1', '"rho":0.1,"rho":0.2'),
    want: "rbf_classifiers[0].rho occurs twice",
  },
  {
    algorithm: "kmeans",
    text: JSON.stringify(kmeans).replace("}", ',"x":1,"x":2}'),
    want: undefined,
  },
  {
    algorithm: "knn",
    text: JSON.stringify(knn).replace("[[", "[[1e999,"),
    want: "embeddings[0][0] is Infinity, not a finite number",
  },
  {
    algorithm: "knn",
    text: JSON.stringify(knn).slice(0, -1),
    want: "the text ends too early",
  },
  {
    algorithm: "knn",
    text: JSON.stringify(knn).replace("[[", "[[NaN,"),
    want: 'unexpected "NaN" in embeddings[0][0], line 1 column',
  },
  { algorithm: "knn", text: `{"x":${"[".repeat(100)}`, want: 'unexpected "["' },
  { algorithm: "knn", text: `{"algorithm":"svm","k":0,"trained":true}`, want: "k is 0" },
  // Further on it is no JSON at all, which is said first.
  { algorithm: "knn", text: `{"k":1,"k":2,"labels":[nope`, want: 'unexpected "nope" in labels[0]' },
] as const)("$algorithm, $want", ({ algorithm, text, want }) => {
  const refusal = refusalOf(() => load(algorithm, text));
  if (want === undefined) expect(refusal).toBeUndefined();
  else
    expect(refusal).toMatchObject({
      code: "artifact_invalid",
      detail: expect.stringContaining(want),
    });
});

test("bytes that are no UTF-8 are refused where they are", () => {
  const bytes = Buffer.from(JSON.stringify({ ...knn, passed: "abc" }));
  bytes[bytes.indexOf("abc")] = 0xff;
  expect(refusalOf(() => load("knn", bytes))).toMatchObject({
    code: "artifact_invalid",
    detail: expect.stringContaining("it is not UTF-8 text in passed"),
  });
});

test("the limit is of the file, and of what its numbers become", () => {
  const ones = JSON.stringify({
    ...knn,
    embeddings: Array.from({ length: 10 }, (_, i) => [...Array(2000).fill(1), i]),
  });
  for (const max of [ones.length - 1, ones.length + 100]) {
    expect(refusalOf(() => load("knn", ones, "json", max))).toMatchObject({
      code: "artifact_invalid",
      remedy: "Raise model_selection.ml.max_artifact_mb",
    });
  }
  expect(refusalOf(() => load("knn", ones, "json", 3 * ones.length))).toBeUndefined();
});

const features = {
  embedder: "tiny",
  revision: "0123456789ab",
  dimension: width - 1,
  pooling: "mean",
  normalized: true,
  categories: ["x"],
};
const labelled = parseArtifact("knn", JSON.stringify({ ...knn, features }));
const files = [
  ["knn", Buffer.from(JSON.stringify(knn)), "json"],
  ["svm", Buffer.from(JSON.stringify(svm)), "json"],
  ["kmeans", Buffer.from(JSON.stringify(kmeans)), "json"],
  ["knn", Buffer.from(artifactToCompact(labelled, "float32")), "safetensors"],
  ["knn", Buffer.from(artifactToCompact(labelled, "int8")), "safetensors"],
] as const;

test.each(files)(
  "%s: whatever happens to the bytes, it is loaded or refused",
  (algorithm, whole, suffix) => {
    const change = fc.tuple(
      fc.oneof(
        fc.nat(whole.length),
        fc.nat(200),
        fc.nat(600).map((back) => Math.max(0, whole.length - back)),
      ),
      fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc
          .constantFrom("[", "]", "{", "}", ",", '"', "1e999", "-", "null")
          .map((text) => Buffer.from(text)),
      ),
      fc.constantFrom("insert", "overwrite", "cut"),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes: Buffer = whole;
        for (const [at, noise, kind] of changes) {
          const rest = bytes.subarray(kind === "insert" ? at : at + noise.length);
          bytes = Buffer.concat([bytes.subarray(0, at), noise, ...(kind === "cut" ? [] : [rest])]);
        }
        const refusal = refusalOf(() => load(algorithm, bytes, suffix));
        if (refusal) expect(refusal.code).toBe("artifact_invalid");
      }),
      { numRuns: 150 },
    );
  },
);

import { expect, test } from "vitest";
import { openSelector } from "../select/open-selector.ts";
import type { Artifact, KmeansArtifact, KnnArtifact, RbfMachine, SvmArtifact } from "./artifact.ts";
import { artifactToCompact as compactOf, parseCompact } from "./compact.ts";
import { artifactToJSON, parseArtifact } from "./json-artifact.ts";
import { readSafetensors } from "./safetensors.ts";
import { tensor, writeSafetensors } from "./safetensors-write.ts";

const artifactToCompact = (artifact: Artifact) => compactOf(artifact, "int8");

const features = {
  embedder: "tiny",
  revision: "0123456789ab",
  dimension: 3,
  pooling: "mean" as const,
  normalized: true,
  categories: ["x", "y"],
};
const shared = { trained: true, dimension: 5, features, provenance: { seed: 7 } };
const rows = new Float32Array([0.6, 0.8, 0, 1, 0, 0, -0.6, 0.8, 0, 1, 1, 0, 0, 0, 0]);

const knn: KnnArtifact = {
  ...shared,
  algorithm: "knn",
  k: 2,
  mode: "outcomes",
  shrinkage: 1.5,
  qualityWeight: 0.7,
  vectors: rows,
  vectorOf: new Uint32Array([0, 0, 1, 2, 2]),
  models: ["a", "b"],
  modelOf: new Uint32Array([0, 1, 1, 0, 1]),
  qualities: new Float64Array([1, 0.85, 0.5, 0, 0.3]),
  latenciesNs: new Float64Array([1.5e9, 2e9, 123_456_789, 1, 0]),
};
const kmeans: KmeansArtifact = {
  ...shared,
  algorithm: "kmeans",
  numClusters: 3,
  centroids: rows,
  clusterModels: ["b", "a", "a"],
  modelNames: ["a", "b"],
  clusterScores: new Float64Array([0.1, 0.9, 0.7, Number.NaN, 0.4, 0.4]),
};
const svm: SvmArtifact = {
  ...shared,
  algorithm: "svm",
  modelNames: ["a", "b"],
  kernelType: "rbf",
  gamma: 0.5,
  linear: [{ model: "a", weights: new Float64Array([0.1, 0.2, 0.3, 0.4, 0.5]), rho: 0.1 }],
  rbf: [
    {
      model: "a",
      vectorOf: new Uint32Array([0, 2]),
      alpha: new Float64Array([1, -0.3]),
      rho: 0.2,
      gamma: 1,
    },
    {
      model: "b",
      vectorOf: new Uint32Array([1, 2]),
      alpha: new Float64Array([0.7, -1]),
      rho: -0.2,
      gamma: 1,
    },
  ],
  vectors: rows.map((value) => value / 2),
};
const queries = [
  [0, 1, 0, 0, 1],
  [0.6, -0.8, 0, 1, 0],
  [-1, 0, 0, 0, 0],
] as const;
const artifacts: readonly Artifact[] = [knn, kmeans, svm];

test.each(artifacts)("$algorithm: what is read back is stored without further loss", (artifact) => {
  const once = parseCompact(artifact.algorithm, artifactToCompact(artifact));
  expect(parseCompact(artifact.algorithm, artifactToCompact(once))).toEqual(once);
  expect(once).toMatchObject({ features, provenance: { seed: 7 } });
  if (artifact.algorithm === "kmeans") expect(once).toEqual(artifact);
});

test.each(artifacts)("$algorithm: JSON and compact form select and score alike", (artifact) => {
  const compact = parseCompact(artifact.algorithm, artifactToCompact(artifact));
  const json = parseArtifact(artifact.algorithm, artifactToJSON(compact));
  if (artifact.algorithm !== "svm") expect(json).toEqual(compact);
  const [one, other] = [openSelector(compact), openSelector(json)];
  for (const x of queries) {
    expect(other.select(x)).toEqual(one.select(x));
  }
});

const precise: readonly Artifact[] = [
  ...artifacts,
  { ...knn, vectors: Float64Array.from(rows, (value) => value / 3) },
  { ...svm, vectors: Float64Array.from(rows, (value) => value / 3) },
  { ...knn, vectors: rows.map((value) => value + 0.1) },
];

test.each(precise)(
  "$algorithm in float32: JSON and compact form are the same to the bit",
  (one) => {
    const compact = parseCompact(one.algorithm, compactOf(one, "float32"));
    expect(parseArtifact(one.algorithm, artifactToJSON(compact))).toEqual(compact);
    expect(compactOf(compact, "float32")).toEqual(compactOf(one, "float32"));
    if (one.algorithm !== "svm") expect(compact).toEqual(one);
    else
      expect(openSelector(compact).select(queries[1])).toEqual(
        openSelector(one).select(queries[1]),
      );
  },
);

test("support vectors are stored in the order in which machines name them, and only those", () => {
  const [first, second] = svm.rbf as [RbfMachine, RbfMachine];
  const unordered = {
    ...svm,
    rbf: [
      { ...first, vectorOf: new Uint32Array([2, 1]) },
      { ...second, vectorOf: new Uint32Array([1, 2]) },
    ],
  };
  const compact = parseCompact("svm", compactOf(unordered, "float32"));
  expect(compact).toEqual(parseArtifact("svm", artifactToJSON(compact)));
  expect(compact).toMatchObject({
    vectors: Float32Array.from([...svm.vectors.subarray(10), ...svm.vectors.subarray(5, 10)]),
  });
});

test("float32 needs no one-hot of one category, and a file's bytes are read in place", () => {
  const soft = { ...knn, vectors: new Float32Array(15).fill(0.25) };
  expect(() => compactOf(soft, "int8")).toThrow("--precision float32");
  const bytes = compactOf({ ...knn, vectors: rows }, "float32");
  const read = parseCompact("knn", bytes) as KnnArtifact;
  expect(compactOf(soft, "float32").length).toBeGreaterThan(0);
  expect(read.vectors.buffer).toBe(bytes.buffer);
});

test("what int8 becomes once read counts against the limit", () => {
  const bytes = artifactToCompact(knn);
  expect(() => parseCompact("knn", bytes, "m.safetensors", 10)).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      remedy: expect.stringContaining("max_artifact_mb"),
    }),
  );
});

test("knn: two queries of one vector keep their outcomes, and rows their order", () => {
  const artifact = {
    ...knn,
    vectorOf: new Uint32Array([0, 0, 1, 0, 0]),
    modelOf: new Uint32Array([0, 1, 1, 0, 1]),
  };
  const once = parseCompact("knn", artifactToCompact(artifact)) as KnnArtifact;
  expect(once).toMatchObject({
    vectorOf: artifact.vectorOf,
    modelOf: artifact.modelOf,
    qualities: knn.qualities,
    latenciesNs: knn.latenciesNs,
  });
  expect(once.vectors).toHaveLength(10);
  expect(parseCompact("knn", artifactToCompact(once))).toEqual(once);
});

test("bytes keep embeddings to half a step of the row's largest number", () => {
  const { vectors } = parseCompact("knn", artifactToCompact(knn)) as KnnArtifact;
  vectors.forEach((value, i) => {
    expect(Math.abs(value - (rows[i] as number))).toBeLessThanOrEqual(0.51 / 127);
  });
});

function tampered(
  change: (
    tensors: Record<string, ReturnType<typeof tensor>>,
    metadata: Record<string, string>,
  ) => void,
) {
  const { metadata, tensors } = readSafetensors(artifactToCompact(knn), "x");
  const [changed, described] = [Object.fromEntries(tensors), { ...metadata }];
  change(changed, described);
  return writeSafetensors(changed, described);
}

test.each([
  { case: "another algorithm", bytes: artifactToCompact(kmeans), want: "is of kmeans" },
  { case: "no file of ours", bytes: writeSafetensors({}, {}), want: "no selector of signalbox" },
  {
    case: "changed data",
    bytes: tampered((tensors) => {
      tensors["scales"] = tensor(new Float32Array([1, 1, 1]));
    }),
    want: "checksum",
  },
  {
    case: "a missing field",
    bytes: tampered((_, metadata) => {
      metadata["fields"] = "{}";
    }),
    want: "fields.trained",
  },
  {
    case: "features that are no JSON",
    bytes: tampered((_, metadata) => {
      metadata["features"] = "{";
    }),
    want: "features is missing",
  },
  {
    case: "infinity in a row",
    bytes: compactOf({ ...knn, vectors: rows.with(7, Number.POSITIVE_INFINITY) }, "float32"),
    want: "tensor vectors[1][2] is Infinity",
  },
  {
    case: "features of another width",
    bytes: tampered((_, metadata) => {
      metadata["features"] = JSON.stringify({ ...features, dimension: 4 });
    }),
    want: "tensor embeddings is [3, 3], not [any, 4]",
  },
])("$case is refused", ({ bytes, want }) => {
  expect(() => parseCompact("knn", bytes)).toThrow(want);
});

test("a model that does not name its embedder has no compact form", () => {
  const { features: _, ...unlabelled } = kmeans;
  expect(() => artifactToCompact(unlabelled)).toThrow("does not name its embedder");
});

import { expect, test } from "vitest";
import { openSelector } from "../select/open-selector.ts";
import type { Artifact, KmeansArtifact, KnnArtifact, SvmArtifact } from "./artifact.ts";
import { artifactToCompact, parseCompact } from "./compact.ts";
import { artifactToJSON, parseArtifact } from "./json-artifact.ts";
import { readSafetensors } from "./safetensors.ts";
import { tensor, writeSafetensors } from "./safetensors-write.ts";

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
  for (const x of [
    [0, 1, 0, 0, 1],
    [0.6, -0.8, 0, 1, 0],
    [-1, 0, 0, 0, 0],
  ]) {
    expect(other.select(x)).toEqual(one.select(x));
  }
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

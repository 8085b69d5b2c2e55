import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KmeansArtifact, KnnArtifact } from "../artifact/artifact.ts";
import { writeSelectors } from "./write-selectors.ts";

const features = {
  embedder: "tiny",
  revision: "0123456789ab",
  dimension: 1,
  pooling: "mean" as const,
  normalized: true,
  categories: ["x"],
};
const small: KmeansArtifact = {
  algorithm: "kmeans",
  trained: true,
  dimension: 2,
  features,
  numClusters: 1,
  centroids: new Float32Array([1, 0]),
  clusterModels: ["a"],
  modelNames: ["a"],
};
/** One query, answered by so many models that its JSON would repeat a long vector thousands of times. */
const width = 2000;
const models = Array.from({ length: 7000 }, (_, index) => `m${index}`);
const large: KnnArtifact = {
  algorithm: "knn",
  trained: true,
  dimension: width,
  features: { ...features, dimension: width - 1 },
  k: 1,
  mode: "outcomes",
  shrinkage: 0,
  vectors: new Float32Array(width),
  vectorOf: new Uint32Array(models.length),
  models,
  modelOf: Uint32Array.from(models.keys()),
};

const newFolder = () => mkdtempSync(join(tmpdir(), "signalbox-selectors-"));

test.each([
  { format: "json", want: ["kmeans_model.json"] },
  { format: "safetensors", want: ["kmeans_model.safetensors"] },
  { format: "both", want: ["kmeans_model.json", "kmeans_model.safetensors"] },
] as const)("$format writes $want", async ({ format, want }) => {
  const folder = newFolder();
  const { files, notices } = await writeSelectors([small], folder, format);
  expect(readdirSync(folder).sort()).toEqual(want);
  expect(files.map(({ bytes }) => bytes > 0)).toEqual(want.map(() => true));
  expect(notices).toEqual([]);
});

test("JSON that nobody could load is left out, with a notice", async () => {
  const folder = newFolder();
  const { notices } = await writeSelectors([large, small], folder, "both");
  expect(readdirSync(folder).sort()).toEqual([
    "kmeans_model.json",
    "kmeans_model.safetensors",
    "knn_model.safetensors",
  ]);
  expect(notices).toEqual([expect.stringContaining("knn_model.json is left out")]);
});

test("or refused where nothing else was asked for", async () => {
  await expect(writeSelectors([large], newFolder(), "json")).rejects.toMatchObject({
    code: "output_unwritable",
  });
});

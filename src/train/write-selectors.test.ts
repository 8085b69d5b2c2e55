import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { KmeansArtifact, KnnArtifact } from "../artifact/artifact.ts";
import { loadSelectorFiles } from "../validate/selector-files.ts";
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

test.each([
  { format: "json", gone: "kmeans_model.safetensors" },
  { format: "safetensors", gone: "kmeans_model.json" },
] as const)("$format over an earlier run of both: $gone is removed", async ({ format, gone }) => {
  const folder = newFolder();
  await writeSelectors([small], folder, "both");
  writeFileSync(join(folder, "knn_model.safetensors"), "of another algorithm");
  const later = { ...small, clusterModels: ["b"], modelNames: ["b"] };
  const { files, notices } = await writeSelectors([later], folder, format);
  const [kept] = files.map(({ path }) => basename(path));
  expect(readdirSync(folder).sort()).toEqual([kept, "knn_model.safetensors"]);
  expect(notices).toEqual([expect.stringContaining(`${gone} of an earlier run is removed`)]);
  const identity = { ...features, name: features.embedder };
  const limits = { maxBytes: 2 ** 20, trustUnlabelled: false };
  const read = await loadSelectorFiles(folder, ["kmeans"], identity, limits);
  expect(read).toMatchObject([{ artifact: { modelNames: ["b"] } }]);
});

test("an earlier JSON goes also where the new one is left out", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "knn_model.json"), "{}");
  const { notices } = await writeSelectors([large], folder, "both");
  expect(readdirSync(folder)).toEqual(["knn_model.safetensors"]);
  expect(notices).toEqual([
    expect.stringContaining("knn_model.json is left out"),
    expect.stringContaining("knn_model.json of an earlier run is removed"),
  ]);
});

test("what an earlier run left stays when the new files cannot all be written", async () => {
  const folder = newFolder();
  await writeSelectors([small], folder, "safetensors");
  await expect(writeSelectors([small, large], folder, "json")).rejects.toMatchObject({
    code: "output_unwritable",
  });
  expect(readdirSync(folder)).toContain("kmeans_model.safetensors");
});

test("or refused where nothing else was asked for", async () => {
  await expect(writeSelectors([large], newFolder(), "json")).rejects.toMatchObject({
    code: "output_unwritable",
  });
});

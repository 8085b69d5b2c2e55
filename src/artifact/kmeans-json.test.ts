import { expect, test } from "vitest";
import { kmeansToJSON, parseKmeans } from "./kmeans-json.ts";

const file = {
  algorithm: "kmeans",
  trained: true,
  num_clusters: 2,
  centroids: [
    [1, 0],
    [0, 1],
  ],
  cluster_models: ["a", "b"],
};
const scored = {
  model_names: ["a", "b", "c"],
  cluster_scores: [
    [0.9, 0.1, null],
    [0.2, 0.7, 0.6],
  ],
};
const parse = (changes: object) => parseKmeans(JSON.stringify({ ...file, ...changes }));

test("reads upstream's file", () => {
  expect(parse({ efficiency_weight: 0.1, feature_dim: 2 })).toEqual({
    algorithm: "kmeans",
    trained: true,
    dimension: 2,
    numClusters: 2,
    centroids: new Float32Array([1, 0, 0, 1]),
    clusterModels: ["a", "b"],
    modelNames: ["a", "b"],
    efficiencyWeight: 0.1,
  });
});

test.each([
  { case: "an object by cluster", changes: { cluster_models: { 1: "b", 0: "a" } } },
  { case: "n_clusters", changes: { num_clusters: undefined, n_clusters: 2 } },
])("$case says the same", ({ changes }) => {
  expect(parse(changes)).toEqual(parse({}));
});

test("scores of all models are read, null as no record", () => {
  expect(parse(scored).clusterScores).toEqual(
    new Float64Array([0.9, 0.1, Number.NaN, 0.2, 0.7, 0.6]),
  );
});

test("without centroids it loads untrained", () => {
  expect(parse({ centroids: [] }).trained).toBe(false);
});

test.each([
  { case: "upstream's", changes: { efficiency_weight: 0.1 } },
  { case: "ours", changes: scored },
  { case: "fewer models than centroids", changes: { cluster_models: ["a"] } },
  { case: "untrained", changes: { centroids: [], cluster_models: [] } },
])("$case: written and read again it is the same", ({ changes }) => {
  const artifact = parse(changes);
  expect(parseKmeans(kmeansToJSON(artifact))).toEqual(artifact);
});

test.each([
  { changes: { num_clusters: undefined }, detail: "num_clusters is missing" },
  {
    changes: { centroids: [[1, 0], [1]] },
    detail: "centroids[1] has length 1, centroids[0] has 2",
  },
  { changes: { cluster_models: undefined }, detail: "cluster_models is missing" },
  { changes: { cluster_models: ["a", 2] }, detail: "cluster_models[1] is 2, not a string" },
  {
    changes: { cluster_models: { 0: "a", 2: "b" } },
    detail: "cluster_models has 2 entries but none for cluster 1",
  },
  {
    changes: { ...scored, cluster_scores: [[1, 0, 0]] },
    detail: "cluster_scores has length 1, centroids has 2",
  },
  {
    changes: { ...scored, cluster_scores: [[1, 0, 0], [1]] },
    detail: "cluster_scores[1] has length 1, model_names has 3",
  },
  {
    changes: { ...scored, cluster_models: ["a", "c"] },
    detail: 'cluster_models[1] is "c", not a model of highest cluster_scores[1]',
  },
])("refuses: $detail", ({ changes, detail }) => {
  expect(() => parse(changes)).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      detail: expect.stringContaining(`kmeans_model.json: ${detail}`),
    }),
  );
});

import { expect, test } from "vitest";
import { parseKmeans } from "../artifact/kmeans-json.ts";
import { openSelector } from "./open-selector.ts";

const selector = (fields: object) =>
  openSelector(
    parseKmeans(
      JSON.stringify({
        algorithm: "kmeans",
        trained: true,
        num_clusters: 3,
        centroids: [[0], [4], [10]],
        cluster_models: ["a", "b", "a"],
        ...fields,
      }),
    ),
  );
const scored = {
  model_names: ["a", "b", "c", "d"],
  cluster_scores: [
    [0.9, 0.5, 0.6, null],
    [0.1, 0.8, 0.8, null],
    [0.9, 0.1, 0.2, 0.3],
  ],
};

test.each<{ case: string; fields?: object; x: number; candidates?: string[]; want: string }>([
  { case: "the nearest cluster", x: 3, want: "b" },
  { case: "of equally near clusters the first", x: 2, want: "a" },
  { case: "the nearest cluster of a candidate", x: 0, candidates: ["b"], want: "b" },
  { case: "the best of all is the cluster's own", fields: scored, x: 4, want: "b" },
  {
    case: "the best candidate of the nearest cluster",
    fields: scored,
    x: 0,
    candidates: ["b", "c"],
    want: "c",
  },
  {
    case: "the next cluster when the nearest knows none",
    fields: scored,
    x: 0,
    candidates: ["d"],
    want: "d",
  },
])("$case", ({ fields = {}, x, candidates, want }) => {
  expect(selector(fields).select([x], candidates).model).toBe(want);
});

test("scores are distances below zero, one a model", () => {
  expect(selector({}).select([7]).scores).toEqual([
    { model: "b", score: -3 },
    { model: "a", score: -3 },
  ]);
});

test("a cluster without a model is an error, not a guess", () => {
  const short = selector({ cluster_models: ["a", "b"] });
  expect(() => short.select([9])).toThrow(
    expect.objectContaining({
      code: "selector_no_candidate",
      detail: "No model is assigned to cluster 2",
    }),
  );
  expect(short.select([9], ["a", "b"]).model).toBe("b");
});

import { expect, test } from "vitest";
import type { EmbedderIdentity } from "../embed/embedder.ts";
import { type FeatureSpec, upstreamCategories } from "./artifact.ts";
import { assertCompatible } from "./compatible.ts";
import { parseKmeans } from "./kmeans-json.ts";

const minilm: EmbedderIdentity = {
  name: "minilm-2l",
  revision: "0123456789ab",
  dimension: 4,
  pooling: "mean",
  normalized: true,
};
const qwen3: EmbedderIdentity = { ...minilm, name: "qwen3", pooling: "last-token" };
const { name: embedder, ...rest } = minilm;
const features: FeatureSpec = { ...rest, embedder, categories: ["math", "other"] };

const artifact = (width: number, own?: FeatureSpec) =>
  parseKmeans(
    JSON.stringify({
      algorithm: "kmeans",
      trained: true,
      num_clusters: 1,
      centroids: width === 0 ? [] : [new Array(width).fill(0)],
      cluster_models: ["a"],
      ...(own && { features: own }),
    }),
  );
const unlabelled = artifact(4 + upstreamCategories.length);

test.each([
  { case: "its own embedder", file: artifact(6, features), identity: minilm, trust: false },
  { case: "unlabelled, qwen3", file: unlabelled, identity: qwen3, trust: false },
  { case: "unlabelled but trusted", file: unlabelled, identity: minilm, trust: true },
  { case: "no vectors", file: artifact(0), identity: qwen3, trust: false },
])("fits: $case", ({ file, identity, trust }) => {
  expect(() => assertCompatible(file, identity, trust)).not.toThrow();
});

test.each([
  {
    case: "unlabelled, another embedder",
    file: unlabelled,
    identity: minilm,
    detail: /does not say .* qwen3; this is minilm-2l/,
    remedy: /model_selection\.ml\.trust_unlabelled: true/,
  },
  {
    case: "unlabelled, another dimension",
    file: artifact(768 + upstreamCategories.length),
    identity: qwen3,
    detail: /^embedding dimension mismatch: the kmeans file has 768 \+ 14 .* qwen3 gives 4 \+ 14/,
    remedy: /^Train/,
  },
  {
    case: "another dimension",
    file: artifact(6, features),
    identity: { ...minilm, dimension: 5 },
    detail: /^embedding dimension mismatch: the kmeans file has 4 \+ 2 .* minilm-2l gives 5 \+ 2/,
    remedy: /^Train/,
  },
  {
    case: "another embedder",
    file: artifact(6, features),
    identity: qwen3,
    detail: /embedder minilm-2l, this is qwen3; pooling mean, this is last-token/,
    remedy: /^Train the kmeans file with qwen3/,
  },
  {
    case: "another revision",
    file: artifact(6, features),
    identity: { ...minilm, revision: "ba9876543210" },
    detail: /revision 0123456789ab, this is ba9876543210/,
    remedy: /^Train/,
  },
])("refuses: $case", ({ file, identity, detail, remedy }) => {
  expect(() => assertCompatible(file, identity, false)).toThrow(
    expect.objectContaining({
      code: "artifact_incompatible",
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(remedy),
    }),
  );
});

test("trust is no pass for a dimension that does not fit", () => {
  const file = artifact(768 + upstreamCategories.length);
  expect(() => assertCompatible(file, minilm, true)).toThrow("embedding dimension mismatch");
});

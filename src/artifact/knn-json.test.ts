import { expect, test } from "vitest";
import { knnToJSON, parseKnn } from "./knn-json.ts";

const file = {
  algorithm: "knn",
  trained: true,
  k: 2,
  embeddings: [
    [1, 0.5],
    [0, 1],
    [1, 0.5],
  ],
  labels: ["b", "a", "a"],
  qualities: [0.9, 0.2, 0.4],
  latencies: [1_000_000, 2_000_000, 3_000_000],
};
const features = {
  embedder: "minilm-2l",
  revision: "0123456789ab",
  dimension: 1,
  pooling: "mean",
  normalized: true,
  categories: ["other"],
};
const parse = (changes: object) => parseKnn(JSON.stringify({ ...file, ...changes }));

test("rows of one query share its vector", () => {
  expect(parse({})).toEqual({
    algorithm: "knn",
    trained: true,
    dimension: 2,
    k: 2,
    mode: "votes",
    shrinkage: 0,
    vectors: new Float32Array([1, 0.5, 0, 1]),
    vectorOf: new Uint32Array([0, 1, 0]),
    models: ["b", "a"],
    modelOf: new Uint32Array([0, 1, 1]),
    qualities: new Float64Array([0.9, 0.2, 0.4]),
    latenciesNs: new Float64Array([1e6, 2e6, 3e6]),
  });
});

test("the older samples, in milliseconds, say the same", () => {
  const { embeddings, labels, qualities, latencies, ...rest } = file;
  const samples = embeddings.map((feature_vector, row) => ({
    feature_vector,
    model_name: labels[row],
    quality: qualities[row],
    latency_ms: (latencies[row] ?? 0) / 1e6,
  }));
  expect(parseKnn(JSON.stringify({ ...rest, samples }))).toEqual(parse({}));
});

test("what upstream defaults is absent", () => {
  for (const nothing of [undefined, []]) {
    const artifact = parse({ qualities: nothing, latencies: nothing });
    expect(artifact.qualities).toBeUndefined();
    expect(artifact.latenciesNs).toBeUndefined();
  }
});

test("numbers that need double precision keep it", () => {
  expect(parse({ embeddings: [[0.1], [0.2], [0.3]] }).vectors).toEqual(
    new Float64Array([0.1, 0.2, 0.3]),
  );
});

test("fractions of a nanosecond are rounded", () => {
  expect(parse({ latencies: [1.5, 2.4, 3] }).latenciesNs).toEqual(new Float64Array([2, 2, 3]));
});

test("an empty file loads untrained", () => {
  const empty = { embeddings: [], labels: [], qualities: [], latencies: [] };
  expect(parse(empty)).toMatchObject({ trained: false, dimension: 0 });
});

test("our own fields are read", () => {
  const artifact = parse({ mode: "outcomes", shrinkage: 2, features, unknown: 1 });
  expect(artifact).toMatchObject({ mode: "outcomes", shrinkage: 2, features });
});

test.each([
  { case: "plain", changes: {} },
  { case: "ours", changes: { mode: "outcomes", shrinkage: 0.5, features } },
  { case: "double precision", changes: { embeddings: [[0.1], [1e-300], [0.1]] } },
  { case: "nothing but labels", changes: { qualities: [], latencies: [] } },
  { case: "untrained", changes: { embeddings: [], labels: [], qualities: [], latencies: [] } },
])("$case: written and read again it is the same", ({ changes }) => {
  const artifact = parse(changes);
  expect(parseKnn(knnToJSON(artifact))).toEqual(artifact);
});

test("every latency is written as an integer that 64 bits hold", () => {
  const text = JSON.stringify({ ...file, latencies: [0, 1, 2] });
  const huge = text.replace('"latencies":[0,1,2]', '"latencies":[9223372036854775807,-5,1e15]');
  const written = knnToJSON(parseKnn(huge));
  expect(written).toContain('"latencies":[9223372036854775807,-5,1000000000000000]');
});

test.each([
  { changes: { k: 0 }, detail: "k is 0" },
  { changes: { k: "5" }, detail: 'k is "5"' },
  { changes: { k: 1.5 }, detail: "k is 1.5" },
  { changes: { trained: undefined }, detail: "trained is missing" },
  { changes: { embeddings: undefined }, detail: "embeddings is missing" },
  { changes: { embeddings: "no" }, detail: 'embeddings is "no", not an array' },
  { changes: { embeddings: [[1, 2], 3] }, detail: "embeddings[1] is 3, not an array" },
  {
    changes: { embeddings: [[1, 2], [3]] },
    detail: "embeddings[1] has length 1, embeddings[0] has 2",
  },
  {
    changes: {
      embeddings: [
        [1, 2],
        [3, null],
      ],
    },
    detail: "embeddings[1][1] is null, not a finite number",
  },
  { changes: { embeddings: [[], []] }, detail: "embeddings[0] is empty" },
  { changes: { labels: ["a"] }, detail: "labels has length 1, embeddings has 3" },
  { changes: { labels: ["a", 1, "b"] }, detail: "labels[1] is 1, not a string" },
  { changes: { qualities: [1, 2] }, detail: "qualities has length 2, embeddings has 3" },
  { changes: { qualities: [1, "x", 2] }, detail: 'qualities[1] is "x", not a finite number' },
  { changes: { latencies: [1, 2, 3, 4] }, detail: "latencies has length 4, embeddings has 3" },
  { changes: { latencies: [1, 2, 1e19] }, detail: "latencies[2] is 10000000000000000000" },
  { changes: { mode: "guess" }, detail: 'mode is "guess"' },
  { changes: { mode: "outcomes", qualities: [] }, detail: "qualities has length 0" },
  { changes: { features: { ...features, pooling: "max" } }, detail: 'features.pooling is "max"' },
  {
    changes: { features: { ...features, dimension: 7 } },
    detail: "vectors have 2 numbers, features declares 7 + 1 categories",
  },
])("refuses: $detail", ({ changes, detail }) => {
  expect(() => parse(changes)).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      detail: expect.stringContaining(`knn_model.json: ${detail}`),
    }),
  );
});

test.each([
  { case: "another algorithm's file", text: '{"algorithm":"svm"}', remedy: "Use a file of knn" },
  { case: "a list", text: "[]", remedy: "Download or train" },
  { case: "NaN", text: '{"embeddings":[[NaN]]}', remedy: "not finite" },
  { case: "cut off", text: JSON.stringify(file).slice(0, 80), remedy: "Download or train" },
])("$case is refused with what to do", ({ text, remedy }) => {
  expect(() => parseKnn(text, "models/knn.json")).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      detail: expect.stringContaining("models/knn.json: "),
      remedy: expect.stringContaining(remedy),
    }),
  );
});

import { expect, test } from "vitest";
import type { Artifact } from "../artifact/artifact.ts";
import { artifactToCompact, parseCompact } from "../artifact/compact.ts";
import { domainNames } from "../domains.ts";
import { fitKmeans } from "../train/fit-kmeans.ts";
import { fitKnn } from "../train/fit-knn.ts";
import { hashEmbedder } from "../train/testing/benchmark.ts";
import { featureSpec } from "../train/train-selectors.ts";
import { trainingSet } from "../train/training-set.ts";
import { pastOfKnn } from "./past.ts";
import { seenQueries } from "./seen.ts";

const embedder = hashEmbedder();
const known = ["law one", "law two", "math three"];
const categories = ["law", "law", "engineering"];
const vectorsOf = async (texts: readonly string[]) =>
  Float32Array.from((await embedder.embed(texts)).flatMap(({ vector }) => [...vector]));

const examples = {
  queries: known,
  categories,
  models: ["a", "b"],
  qualities: Float64Array.from([1, 0, 0.5, Number.NaN, 0, 1]),
};
const set = trainingSet(examples, await vectorsOf(known), domainNames, 0.9);
const facts = { features: featureSpec(embedder, domainNames), provenance: { data_sha256: "f00" } };
const knn = { ...fitKnn(set, { k: 1, shrinkage: 0, qualityWeight: 0.9 }), ...facts };
const kmeans = {
  ...fitKmeans(set, { clusters: 1, shrinkage: 0, seed: 1, starts: 1 }),
  ...facts,
};
const asked = ["law two", "law four", "math five", "math three"];

const look = async (artifacts: readonly Artifact[], training?: readonly string[]) =>
  seenQueries({ queries: asked }, await vectorsOf(asked), {
    ...{ training, artifacts, dataSha256: "f00" },
  });

test("a training file tells by text", async () => {
  expect(await look([kmeans], known)).toEqual({
    ...{ seen: [true, false, false, true], verdict: "some", by: "texts" },
  });
  expect(await look([kmeans], ["another"])).toMatchObject({ verdict: "none", by: "texts" });
});

test.each(["float32", "int8"] as const)(
  "a knn file in %s tells by its vectors",
  async (precision) => {
    const stored = parseCompact("knn", artifactToCompact(knn, precision));
    expect(await look([stored, kmeans])).toEqual({
      ...{ seen: [true, false, false, true], verdict: "some", by: "vectors" },
    });
  },
);

test("a knn file of other data tells nothing of its neighbours", async () => {
  const other = { ...kmeans, provenance: { data_sha256: "another" } };
  expect(await look([knn, other])).toMatchObject({ verdict: "all", by: "file hash" });
  expect(await look([{ ...knn, provenance: { data_sha256: "x" } }, other])).toMatchObject({
    ...{ verdict: "unknown", by: "nothing" },
  });
});

test("without any trace the hash of the file tells, or nothing does", async () => {
  expect(await look([kmeans])).toMatchObject({ verdict: "all", by: "file hash" });
  expect(await look([{ ...kmeans, provenance: {} }])).toEqual({
    ...{ seen: [false, false, false, false], verdict: "unknown", by: "nothing" },
  });
});

test("a knn file gives the past back: categories, qualities and holes", () => {
  const past = pastOfKnn(knn);
  expect(past?.source).toBe("knn file");
  expect(past?.examples.categories).toEqual(categories);
  expect(past?.examples.models).toEqual(["a", "b"]);
  expect([...(past?.examples.qualities ?? [])]).toEqual([1, 0, 0.5, Number.NaN, 0, 1]);
});

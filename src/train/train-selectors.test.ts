import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Artifact } from "../artifact/artifact.ts";
import { parseCompact } from "../artifact/compact.ts";
import { parseArtifact } from "../artifact/json-artifact.ts";
import { domainNames } from "../domains.ts";
import { features } from "../select/features.ts";
import { openSelector } from "../select/open-selector.ts";
import { groupByQuery } from "./examples.ts";
import { statisticsOf } from "./statistics.ts";
import { hashEmbedder, madeUpBenchmark } from "./testing/benchmark.ts";
import { trainSelectors } from "./train-selectors.ts";
import { writeSelectors } from "./write-selectors.ts";

function only<A extends Artifact["algorithm"]>(
  algorithm: A,
  selectors: readonly { readonly artifact: Artifact }[],
): Extract<Artifact, { algorithm: A }> {
  const found = selectors.find(({ artifact }) => artifact.algorithm === algorithm);
  if (!found) throw new Error(`no ${algorithm} among the trained`);
  return found.artifact as Extract<Artifact, { algorithm: A }>;
}

const models = ["a", "b", "c", "d"];
const embedder = hashEmbedder();
const records = madeUpBenchmark(280, models);
const examples = groupByQuery(records);

test("every selector gains over the best single model, and its artifact names what made it", async () => {
  const selectors = await trainSelectors(examples, embedder, { provenance: { data: "made up" } });
  expect(statisticsOf(examples, records.length)).toMatchObject({ records: 1120, queries: 280 });
  expect(selectors.map(({ artifact }) => artifact.algorithm)).toEqual(["knn", "kmeans", "svm"]);
  for (const { artifact, figures, tried } of selectors) {
    expect(figures?.gain.low, artifact.algorithm).toBeGreaterThan(0.02);
    expect(figures?.gain.count).toBe(280);
    expect(tried.length).toBeGreaterThan(5);
    expect(artifact.features).toMatchObject({ embedder: "hash", categories: domainNames });
    expect(artifact.provenance).toMatchObject({ data: "made up", seed: 42, queries: 280 });
  }
});

test("the same records and seed give the same bytes, another seed others", async () => {
  const digest = async (seed: number) => {
    const selectors = await trainSelectors(examples, embedder, { seed });
    const folder = mkdtempSync(join(tmpdir(), "signalbox-train-"));
    await writeSelectors(
      selectors.map(({ artifact }) => artifact),
      folder,
      "both",
    );
    const files = readdirSync(folder).sort();
    expect(files).toHaveLength(6);
    const bytes = Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
    return createHash("sha256").update(bytes).digest("hex");
  };
  const first = await digest(1);
  expect(await digest(1)).toBe(first);
  expect(await digest(2)).not.toBe(first);
});

test.each(["linear", "rbf"] as const)(
  "%s: both files decide as the artifact",
  async (svmKernel) => {
    const selectors = await trainSelectors(examples, embedder, { svmKernel, svmGamma: 2 });
    const folder = mkdtempSync(join(tmpdir(), "signalbox-train-"));
    const artifacts = selectors.map(({ artifact }) => artifact);
    await writeSelectors(artifacts, folder, "both");
    const [{ vector } = { vector: new Float32Array() }] = await embedder.embed(["law question x"]);
    for (const artifact of artifacts) {
      const file = join(folder, `${artifact.algorithm}_model`);
      const json = parseArtifact(artifact.algorithm, readFileSync(`${file}.json`, "utf8"));
      const compact = parseCompact(artifact.algorithm, readFileSync(`${file}.safetensors`));
      for (const category of domainNames) {
        const x = features(vector, category, domainNames);
        const want = openSelector(artifact).select(x);
        expect(openSelector(compact).select(x)).toEqual(want);
        expect(openSelector(json).select(x)).toEqual(want);
      }
    }
  },
);

test.each([{ only: ["a"] }, { only: models }])(
  "rbf of answers that are all alike, by $only",
  async ({ only: names }) => {
    const alike = groupByQuery(madeUpBenchmark(40, names).map((one) => ({ ...one, quality: 1 })));
    const [svm] = await trainSelectors(alike, embedder, { algorithms: ["svm"], svmKernel: "rbf" });
    const { select } = openSelector(svm?.artifact as Artifact);
    expect(names).toContain(select(new Float32Array(30).fill(0.1)).model);
  },
);

test("support vectors are of length 1, as upstream's formula wants them", async () => {
  const selectors = await trainSelectors(examples, embedder, {
    algorithms: ["svm"],
    svmKernel: "rbf",
  });
  const { vectors, dimension, rbf } = only("svm", selectors);
  expect(rbf.map(({ model }) => model)).toEqual(models);
  expect(Math.hypot(...vectors.subarray(0, dimension))).toBeCloseTo(1, 2);
});

test("speed counts where every record has a latency", async () => {
  const fast = madeUpBenchmark(140, ["quick", "slow"], { timed: true }).map((record) => ({
    ...record,
    quality: 0.5,
  }));
  const selectors = await trainSelectors(groupByQuery(fast), embedder);
  for (const { artifact, figures } of selectors) {
    expect(openSelector(artifact).select(new Float32Array(30).fill(0.1)).model).toBe("quick");
    expect(figures?.valueGain).toMatchObject({ mean: 0 });
  }
  expect(only("knn", selectors).latenciesNs?.[1]).toBe(6e9);
});

test.each([1, 2, 3, 7])("%i queries are few, but enough", async (count) => {
  const made = groupByQuery(madeUpBenchmark(count, models));
  const selectors = await trainSelectors(made, embedder);
  for (const { artifact } of selectors) {
    const { select } = openSelector(artifact);
    expect(models).toContain(select(new Float32Array(artifact.dimension).fill(0.1)).model);
  }
});

test("models that answered different queries are judged where they answered", async () => {
  const partial = records.filter((_, at) => at % 3 !== 0);
  const selectors = await trainSelectors(groupByQuery(partial), embedder);
  for (const { figures } of selectors) expect(figures?.gain.mean).toBeGreaterThan(0.03);
});

test("without records there is nothing to train on", async () => {
  await expect(trainSelectors(groupByQuery([]), embedder)).rejects.toMatchObject({
    code: "training_data_invalid",
  });
});

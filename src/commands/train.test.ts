import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { upstreamCategories } from "../artifact/artifact.ts";
import { packageRoot } from "../config/paths.ts";
import { readModelFolder } from "../embed/model-folder.ts";
import { verifiedRevision } from "../embed/model-revision.ts";
import { tinyQwen3Folder } from "../embed/testing/tiny-qwen3.ts";
import { lockFile } from "../files/lock-file.ts";
import { localHub } from "../hub/testing/local-hub.ts";
import { runCli } from "./testing/run-cli.ts";
import { commandsOf, runSh } from "./testing/run-sh.ts";

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

const cudaLibrary = join(
  packageRoot,
  `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime_providers_cuda.so`,
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-train-"));
  const made = folder;
  onTestFinished(() => rm(made, { recursive: true }));
  const records = Array.from({ length: 60 }, (_, i) => ({
    query: `question ${i >> 1} about law`,
    category: "law",
    model_name: i % 2 === 0 ? "a" : "b",
    performance: (i >> 1) % 2 === i % 2 ? 1 : 0,
  }));
  writeFileSync(
    join(folder, "records.jsonl"),
    records.map((one) => JSON.stringify(one)).join("\n"),
  );
});

const train = (...args: string[]) =>
  runCli([
    "train",
    ...["--data-file", join(folder, "records.jsonl"), "--output-dir", join(folder, "out")],
    ...["--cache-dir", join(folder, "cache"), "--algorithm", "kmeans", "--format", "json", ...args],
  ]);

test.each([
  {
    by: "name and dtype",
    args: ["--embedding-model", tinyQwen3Folder, "--embedding-dtype", "fp16"],
  },
  { by: "configuration", args: ["--config", "c.yaml"] },
])("the embedder is chosen by $by, and the file says which it was", async ({ args }) => {
  const config = join(folder, "c.yaml");
  const models = `{ qwen3_model_path: ${tinyQwen3Folder}, dtype: fp16 }`;
  writeFileSync(config, `default_model: a\nembedding_models: ${models}\n`);
  const { code, err } = await train(...args.map((one) => (one === "c.yaml" ? config : one)));
  expect(err).not.toContain("signalbox:");
  expect(code).toBe(0);
  const { features } = JSON.parse(readFileSync(join(folder, "out/kmeans_model.json"), "utf8"));
  const revision = await verifiedRevision(readModelFolder(tinyQwen3Folder, { dtype: "fp16" }));
  expect(features).toMatchObject({ embedder: "qwen3", revision, pooling: "last-token" });
});

const options = {
  "--algorithm": "all",
  "--knn-k": "3",
  "--kmeans-clusters": "2",
  "--svm-kernel": "rbf",
  "--svm-gamma": "0.5",
  "--quality-weight": "0.3",
  "--batch-size": "7",
  "--limit": "24",
  "--sample": "20",
  "--seed": "7",
  "--categories": "upstream",
  "--format": "json",
  "--precision": "int8",
  "--device": "cpu",
  "--date": "2026-01-02",
};

test("every option does what it says, and is recorded without a path or a query", async () => {
  const timed = readFileSync(join(folder, "records.jsonl"), "utf8")
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ model_name: model, performance, ...rest }) => {
      const category = (model === "a") === (performance === 1) ? "law" : "math";
      return { ...rest, model_name: model, performance, category, response_time: 2 };
    })
    .map((record) => JSON.stringify(record));
  writeFileSync(join(folder, "records.jsonl"), timed.join("\n"));
  const { code, out, err } = await train(...Object.entries(options).flat(), "--json");
  expect(err).toContain("notice: trained on 20 of about");
  expect(code).toBe(0);
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    statistics: { records: 48, queries: 20 },
    embedded: { cached: 0, computed: 20 },
  });
  expect(readdirSync(join(folder, "out")).sort()).toEqual([
    ...["kmeans_model.json", "knn_model.json", "svm_model.json"],
    ...["training.json", "training_queries.json"],
  ]);
  const json = (name: string) => JSON.parse(readFileSync(join(folder, "out", name), "utf8"));
  expect(json("knn_model.json")).toMatchObject({
    k: 3,
    features: { categories: upstreamCategories },
  });
  expect(json("kmeans_model.json")).toMatchObject({ num_clusters: 2 });
  expect(json("svm_model.json")).toMatchObject({ kernel_type: "Rbf", gamma: 0.5 });
  const { provenance } = json("knn_model.json");
  expect(provenance).toMatchObject({
    ...{ seed: 7, quality_weight: 0.3, queries: 20, date: "2026-01-02", data: "records.jsonl" },
  });
  const record = json("training.json");
  expect(record).toMatchObject({
    format: 1,
    data: { file: "records.jsonl", sha256: provenance.data_sha256, records: 48, queries: 20 },
    options: { knnK: 3, svmGamma: 0.5, batchSize: 7, limit: 24, sample: 20, device: "cpu" },
    embedder: { name: "minilm-2l" },
    versions: { node: process.versions.node },
    selectors: [
      { algorithm: "knn", settings: { k: 3 }, cross_validation: { gain: { count: 20 } } },
      { algorithm: "kmeans", files: [{ file: "kmeans_model.json" }] },
      { algorithm: "svm", settings: { kernel: "rbf" }, beats_category_table: expect.any(Boolean) },
    ],
  });
  expect(json("training_queries.json")).toMatchObject({ count: 20, salt: provenance.data_sha256 });
  const written = ["training.json", "training_queries.json"].map((name) =>
    JSON.stringify(json(name)),
  );
  expect(written.join()).not.toContain(folder);
  expect(written.join()).not.toContain("question");
});

test("statistics and cross-validation are printed, and a second run stays recorded", async () => {
  const first = await train("--algorithm", "knn");
  expect(first.out).toMatch(/^Records +60\nUnique queries +30\nModels +2\nCategories\n +law +30/);
  expect(first.out).toMatch(/Average quality\n +a +0\.\d{3} {2}of 30 queries/);
  expect(first.out).toMatch(/category table \d\.\d{3}\n +knn/);
  await train("--algorithm", "kmeans");
  const recorded = () =>
    JSON.parse(readFileSync(join(folder, "out/training.json"), "utf8")).selectors.map(
      ({ algorithm }: { algorithm: string }) => algorithm,
    );
  expect(recorded()).toEqual(["kmeans", "knn"]);
  // Of other queries the hashes would not be those of the knn file.
  await train("--algorithm", "kmeans", "--limit", "25");
  expect(recorded()).toEqual(["kmeans"]);
});

test("bad lines are left out and counted, or the file is refused with --strict", async () => {
  const path = join(folder, "records.jsonl");
  const { query: _, ...bad } = { query: "", model_name: "a", performance: 1 };
  appendFileSync(path, `\n${JSON.stringify(bad)}\n{"query": "x", "performance": 2}`);
  const counted = await train();
  expect(counted.code).toBe(0);
  expect(counted.err).toContain(
    "warning: 2 bad lines are left out: line 61: query is missing; line 62: model_name is missing",
  );
  const refused = await train("--strict");
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("line 61: query is missing; line 62");
});

const absent = process.platform === "darwin" ? "cuda" : "mps";
test.each([
  { device: absent, says: `--device ${absent} is not to be had on ${process.platform}` },
  // The package that npm gives has no CUDA libraries; where someone has put them, there is no refusal to see.
  ...(process.platform === "linux" && !existsSync(cudaLibrary)
    ? [{ device: "cuda", says: "onnxruntime cannot open the model on cuda" }]
    : []),
])("--device $device is refused where it is not to be had", async ({ device, says }) => {
  const { code, err } = await train("--device", device);
  expect(err).toContain(`[config_invalid] ${says}`);
  expect(code).toBe(2);
});

test("two runs into one folder: the second is refused, and the lock is gone after a run", async () => {
  const release = lockFile(join(folder, "out/training.json"));
  const second = await train();
  expect(second.err).toContain("signalbox: [output_in_use]");
  expect(second.code).not.toBe(0);
  expect(readdirSync(join(folder, "out"))).toEqual(["training.json.lock"]);
  release();
  const missing = await train("--embedding-model", join(folder, "none"));
  expect(missing.err).toContain("[model_not_found]");
  expect(readdirSync(join(folder, "out"))).toEqual([]);
  expect(await train("--format", "both")).toMatchObject({ code: 0 });
  const last = await train();
  expect(last.err).toContain("notice: kmeans_model.safetensors of an earlier run is removed");
  const left = ["kmeans_model.json", "training.json", "training_queries.json"];
  expect(readdirSync(join(folder, "out")).sort()).toEqual(left);
});

test("without a file the records of a dataset are downloaded", async () => {
  const records = readFileSync(join(folder, "records.jsonl"));
  const name = "benchmark_training_data.jsonl";
  const hub = await localHub({ [name]: records, "other.jsonl": "{}" }, { kind: "dataset" });
  onTestFinished(() => hub.close());
  const args = (repo: string) => [
    ...["train", "--data-repo", repo, "--output-dir", join(folder, "out")],
    ...["--cache-dir", join(folder, "cache"), "--algorithm", "kmeans", "--format", "json"],
  ];
  const { code, err } = await runCli(args("owner/name"), {
    ...{ HF_HOME: folder, HF_ENDPOINT: hub.endpoint },
  });
  expect(err).toContain(`records: ${name} of owner/name`);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, "cache/records/owner/name", name))).toEqual(records);
  expect(existsSync(join(folder, "out/kmeans_model.json"))).toBe(true);
  const offline = await runCli(args("owner/other"));
  expect(offline).toMatchObject({ code: 2, err: expect.stringContaining("HF_HUB_OFFLINE") });
});

test("every command of docs/train.md", async () => {
  const page = readFileSync(join(packageRoot, "docs/train.md"), "utf8");
  const commands = commandsOf(page);
  expect(commands).toHaveLength(2);
  for (const command of commands) {
    const line = command.replace("./bin/signalbox", "signalbox");
    expect(await runSh(line, folder)).toMatchObject({ code: 0 });
  }
  // Every option stands in the page.
  const { out } = await runCli(["train", "--help"]);
  const named = [...out.matchAll(/^ +(--[a-z0-9-]+)/gm)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(20);
  const apart = ["--date", "--json"];
  for (const name of named) if (!apart.includes(name)) expect(page, name).toContain(name);
});

test("upstream's name for Qwen3, where it is not downloaded", async () => {
  const { code, err } = await train("--embedding-model", "mom-embedding-pro");
  expect(code).toBe(2);
  expect(err).toContain(
    "[model_not_found] pretrained model not found: mom-embedding-pro (onnx-community/",
  );
  expect(err).toContain("signalbox download --embedder mom-embedding-pro");
});

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readModelFolder } from "../embed/model-folder.ts";
import { verifiedRevision } from "../embed/model-revision.ts";
import { tinyQwen3Folder } from "../embed/testing/tiny-qwen3.ts";
import { runCli } from "./testing/run-cli.ts";

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

test("upstream's name for Qwen3, where it is not downloaded", async () => {
  const { code, err } = await train("--embedding-model", "mom-embedding-pro");
  expect(code).toBe(2);
  expect(err).toContain(
    "[model_not_found] pretrained model not found: mom-embedding-pro (onnx-community/",
  );
  expect(err).toContain("signalbox download --embedder mom-embedding-pro");
});

import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { localHub } from "../hub/testing/local-hub.ts";
import { openConfiguredEmbedder } from "./default-embedder.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

const limits = { max_waiting_texts: 16, cache_entries: 0 };
const name = "owner/name";

async function servedQwen3() {
  const paths = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"];
  const files = paths.map((path) => [path, readFileSync(join(tinyQwen3Folder, path))]);
  const hub = await localHub(Object.fromEntries(files), { lfs: ["onnx/model.onnx"] });
  onTestFinished(() => hub.close());
  const cacheFolder = mkdtempSync(join(tmpdir(), "signalbox-start-"));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  return { hub, settings: { endpoint: hub.endpoint, cacheFolder, offline: false } };
}

test("serving asks nobody unless it is told to", async () => {
  const { hub, settings } = await servedQwen3();
  const config = { embedding_models: { qwen3_model_path: name }, limits };
  await expect(openConfiguredEmbedder(config, undefined, settings)).rejects.toMatchObject({
    code: "model_not_found",
    detail: `pretrained model not found: ${name} is not in ${settings.cacheFolder}`,
    remedy: expect.stringContaining(`signalbox download --embedder ${name}`),
  });
  expect(hub.asked).toEqual([]);
});

test("with download: true a missing model is fetched once, and offline nothing is", async () => {
  const { hub, settings } = await servedQwen3();
  const config = { embedding_models: { qwen3_model_path: name, download: true }, limits };
  const offline = { ...settings, offline: true };
  await expect(openConfiguredEmbedder(config, undefined, offline)).rejects.toMatchObject({
    code: "model_not_found",
  });
  expect(hub.asked).toEqual([]);
  for (const access of [settings, offline]) {
    const embedder = await openConfiguredEmbedder(config, undefined, access);
    expect(embedder).toMatchObject({ name, pooling: "last-token" });
    await embedder.close();
  }
});

test.each([
  { dtype: "fp32" },
  { pooling: "cls" },
  { max_tokens: 64 },
  { query_prefix: "x" },
] as const)("%o for no model is a mistake", async (embedding_models) => {
  await expect(openConfiguredEmbedder({ embedding_models, limits })).rejects.toMatchObject({
    code: "config_invalid",
    detail: expect.stringContaining("names none"),
  });
});

test("what the configuration says of a folder is done", async () => {
  const embedding_models = {
    qwen3_model_path: tinyQwen3Folder,
    dtype: "fp16",
    pooling: "mean",
    max_tokens: 8,
  } as const;
  const embedder = await openConfiguredEmbedder({ embedding_models, limits });
  onTestFinished(() => embedder.close());
  expect(embedder).toMatchObject({ pooling: "mean", modelFile: "onnx/model_fp16.onnx" });
  const [embedding] = await embedder.embed(["long ".repeat(50)]);
  expect(embedding).toMatchObject({ tokens: 8, truncated: true });
});

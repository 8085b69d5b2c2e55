import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultEmbedderFolder } from "./built-in.ts";
import { readModelFolder } from "./model-folder.ts";
import { tinyMpnetFolder } from "./testing/encoders.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("our own folder says what it is", () => {
  expect(readModelFolder(defaultEmbedderFolder)).toMatchObject({
    name: "minilm-2l",
    pooling: "mean",
    maxTokens: 256,
    modelFile: "model.onnx",
    sha256: { "model.onnx": expect.any(String), "tokenizer.json": expect.any(String) },
  });
});

test("a hub folder of Qwen3 is known by its config.json", () => {
  expect(readModelFolder(tinyQwen3Folder)).toMatchObject({
    name: "qwen3",
    pooling: "last-token",
    maxTokens: 512,
    modelFile: "onnx/model.onnx",
    sha256: {},
  });
});

test.each([
  { config: { pooling_mode_cls_token: true }, pooling: "cls" },
  { config: { pooling_mode_lasttoken: true }, pooling: "last-token" },
  { config: { pooling_mode_mean_tokens: true }, pooling: "mean" },
])("1_Pooling/config.json decides the pooling: $pooling", async ({ config, pooling }) => {
  await cp(tinyQwen3Folder, folder, { recursive: true });
  await cp(tinyQwen3Folder, join(folder, "1_Pooling"), { recursive: true });
  await writeFile(join(folder, "1_Pooling/config.json"), JSON.stringify(config));
  expect(readModelFolder(folder)).toMatchObject({ pooling });
});

test.each([
  { case: "none is said", config: {}, detail: "pooling is not said" },
  { case: "another", config: { pooling_mode_max_tokens: true }, detail: "pooling_mode_max_tokens" },
  {
    case: "two at once",
    config: { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
    detail: "pooling_mode_cls_token and pooling_mode_mean_tokens",
  },
])("a pooling that signalbox has not is refused: $case", async ({ config, detail }) => {
  await cp(tinyMpnetFolder, folder, { recursive: true });
  await writeFile(join(folder, "1_Pooling/config.json"), JSON.stringify(config));
  expect(() => readModelFolder(folder)).toThrow(
    expect.objectContaining({ code: "artifact_invalid", detail: expect.stringContaining(detail) }),
  );
});

test("an encoder that says no pooling needs to be told", async () => {
  await cp(tinyMpnetFolder, folder, { recursive: true });
  await rm(join(folder, "1_Pooling"), { recursive: true });
  expect(() => readModelFolder(folder)).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      remedy: expect.stringContaining("embedding_models.pooling"),
    }),
  );
  expect(readModelFolder(folder, { pooling: "cls" })).toMatchObject({ pooling: "cls" });
});

test("a dense layer after the pooling is not in the ONNX file, so it is refused", async () => {
  await cp(tinyMpnetFolder, folder, { recursive: true });
  const modules = ["Transformer", "Pooling", "Dense"].map((type) => ({ type: `x.models.${type}` }));
  await writeFile(join(folder, "modules.json"), JSON.stringify(modules));
  expect(() => readModelFolder(folder)).toThrow("Dense layer");
});

test.each([
  { config: { model_type: "bert", max_position_embeddings: 512 }, sentence: 128, want: 128 },
  { config: { model_type: "mpnet", max_position_embeddings: 130 }, sentence: undefined, want: 128 },
  { config: { model_type: "xlm-roberta", max_position_embeddings: 130 }, sentence: 512, want: 128 },
  { config: { model_type: "bert", max_position_embeddings: 8192 }, sentence: undefined, want: 512 },
])("$config and max_seq_length $sentence: $want tokens", async ({ config, sentence, want }) => {
  await cp(tinyMpnetFolder, folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(
    join(folder, "sentence_bert_config.json"),
    JSON.stringify(sentence === undefined ? {} : { max_seq_length: sentence }),
  );
  expect(readModelFolder(folder).maxTokens).toBe(want);
  expect(readModelFolder(folder, { maxTokens: 8 }).maxTokens).toBe(8);
});

test("wider relatives of Qwen3-Embedding-0.6B do not pass for it", async () => {
  await cp(tinyQwen3Folder, folder, { recursive: true });
  await writeFile(join(folder, "config.json"), '{"model_type": "qwen3", "hidden_size": 2560}');
  const { name, pooling } = readModelFolder(folder);
  expect([name, pooling]).toEqual([basename(folder), "last-token"]);
});

test.each([
  { dtype: undefined, file: "onnx/model_int8.onnx" },
  { dtype: "int8", file: "onnx/model_int8.onnx" },
  { dtype: "fp32", file: "onnx/model.onnx" },
  { dtype: "fp16", file: "onnx/model_fp16.onnx" },
] as const)("dtype $dtype is $file", async ({ dtype, file }) => {
  await cp(tinyQwen3Folder, folder, { recursive: true });
  for (const name of ["model_int8.onnx", "model_quantized.onnx"]) {
    await writeFile(join(folder, "onnx", name), "");
  }
  expect(readModelFolder(folder, { dtype }).modelFile).toBe(file);
});

test("a dtype that is not there names those that are", () => {
  expect(() => readModelFolder(tinyQwen3Folder, { dtype: "q4" })).toThrow(
    expect.objectContaining({
      code: "model_not_found",
      detail: `pretrained model not found: ${tinyQwen3Folder} has no q4 model, only fp32 (onnx/model.onnx), fp16 (onnx/model_fp16.onnx)`,
    }),
  );
});

test.each([
  { missing: "", with: [] },
  { missing: "model.onnx", with: ["tokenizer.json"] },
  { missing: "tokenizer.json", with: ["model.onnx"] },
])("without $missing: pretrained model not found", async ({ missing, with: present }) => {
  for (const file of present) await writeFile(join(folder, file), "");
  const path = missing === "" ? join(folder, "no/such") : folder;
  expect(() => readModelFolder(path)).toThrow(
    expect.objectContaining({
      code: "model_not_found",
      detail: `pretrained model not found: ${join(path, missing)} does not exist`,
      remedy: expect.stringContaining("signalbox download"),
    }),
  );
});

test.each([
  { case: "no JSON", provenance: "{", detail: "JSON" },
  { case: "a field is missing", provenance: "{}", detail: "at name" },
  {
    case: "the model has no hash",
    provenance: '{"name": "x", "pooling": "mean", "max_tokens": 8, "files": {}}',
    detail: "files has no model.onnx",
  },
])("provenance.json is refused when $case", async ({ provenance, detail }) => {
  for (const file of ["model.onnx", "tokenizer.json"]) await writeFile(join(folder, file), "");
  await writeFile(join(folder, "provenance.json"), provenance);
  expect(() => readModelFolder(folder)).toThrow(
    expect.objectContaining({ code: "artifact_invalid", detail: expect.stringContaining(detail) }),
  );
});

test("of the built-in model only int8 is there, and provenance.json says that it is", () => {
  expect(readModelFolder(defaultEmbedderFolder, { dtype: "int8" }).modelFile).toBe("model.onnx");
  expect(() => readModelFolder(defaultEmbedderFolder, { dtype: "fp32" })).toThrow(
    "has no fp32 model, only int8 (model.onnx)",
  );
});

import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultEmbedderFolder } from "./default-embedder.ts";
import { readModelFolder } from "./model-folder.ts";
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

import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaultPatience } from "../hub/retry.ts";
import { localHub, testCommit } from "../hub/testing/local-hub.ts";
import { dot } from "../math/matrix.ts";
import { downloadModel } from "./download-model.ts";
import { findModel, modelSource } from "./find-model.ts";
import { lift } from "./lift.ts";
import type { Dtype } from "./model-file.ts";
import { readModelFolder } from "./model-folder.ts";
import { verifiedRevision } from "./model-revision.ts";
import { openOnnxModel } from "./onnx-model.ts";
import { casesOf, tinyBertFolder } from "./testing/encoders.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-download-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const contentOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );

/** Serves a folder as owner/name. */
async function served(folder: string, without: readonly string[] = []) {
  const files = contentOf(folder);
  for (const file of without) delete files[file];
  const lfs = Object.keys(files).filter((file) => file.startsWith("onnx/"));
  const hub = await localHub(files, { lfs });
  onTestFinished(() => hub.close());
  const settings = { endpoint: hub.endpoint, cacheFolder: newFolder(), offline: false };
  const source = modelSource("owner/name");
  if (source.kind !== "hub") throw new Error("unreachable: owner/name is of the hub");
  const download = (choice: { dtype?: Dtype } = {}, outputFolder?: string) =>
    downloadModel(source, {
      settings,
      patience: defaultPatience,
      choice,
      outputFolder,
      maxBytes: 1e9,
    });
  return { hub, settings, download };
}

test("a model comes with what describes it and nothing else, and is found offline after", async () => {
  const { hub, settings, download } = await served(tinyQwen3Folder);
  const { folder, commit, files } = await download({ dtype: "fp16" });
  expect(commit).toBe(testCommit);
  expect(files.map(({ path }) => path)).toEqual([
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "onnx/model_fp16.onnx",
  ]);
  const found = findModel("owner/name", {}, { ...settings, offline: true });
  expect(found).toEqual(folder);
  expect(found).toMatchObject({ name: "owner/name", pooling: "last-token" });
  expect(found.sha256).toEqual({ "onnx/model_fp16.onnx": hub.hash("onnx/model_fp16.onnx") });
});

test("weights beside the graph come with it", async () => {
  const { download } = await served(tinyBertFolder);
  const { folder, files } = await download();
  expect(files.map(({ path }) => path)).toContain("onnx/model.onnx_data");
  // Through links, which onnxruntime may refuse to follow out of the model's folder.
  const model = await openOnnxModel(folder);
  expect(model.revision).toBe(await verifiedRevision(readModelFolder(tinyBertFolder)));
  const [{ text = "", vector = [] } = {}] = casesOf(tinyBertFolder);
  expect(dot(lift(vector), (await model.embed([text])).vectors)).toBeCloseTo(1, 5);
});

test("a folder of its own says what it holds, and is checked by it", async () => {
  const { download } = await served(tinyBertFolder);
  const output = join(newFolder(), "bert");
  await download({}, output);
  const folder = readModelFolder(output);
  expect(folder).toMatchObject({ name: "owner/name", pooling: "cls" });
  expect(Object.keys(folder.sha256).sort()).toEqual([
    "1_Pooling/config.json",
    "config.json",
    "onnx/model.onnx",
    "onnx/model.onnx_data",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  expect(await verifiedRevision(folder)).toBe(
    await verifiedRevision(readModelFolder(tinyBertFolder)),
  );
  await appendFile(join(output, "onnx/model.onnx_data"), " ");
  await expect(verifiedRevision(folder)).rejects.toMatchObject({
    code: "artifact_invalid",
    detail: expect.stringContaining("checksum mismatch"),
  });
});

test("a second dtype in the same folder leaves the first one usable", async () => {
  const { download } = await served(tinyQwen3Folder);
  const output = newFolder();
  await download({ dtype: "fp32" }, output);
  await download({ dtype: "fp16" }, output);
  for (const dtype of ["fp32", "fp16"] as const) {
    const folder = readModelFolder(output, { dtype });
    const own = readModelFolder(tinyQwen3Folder, { dtype });
    expect(await verifiedRevision(folder)).toBe(await verifiedRevision(own));
    expect(Object.keys(folder.sha256)).toContain(own.modelFile);
    expect(Object.keys(folder.sha256).filter((file) => file.endsWith(".onnx"))).toHaveLength(1);
  }
});

test.each([
  {
    case: "no such dtype",
    dtype: "q4",
    without: [],
    detail: "has no q4 model; there is fp32 (onnx/model.onnx)",
  },
  {
    case: "no ONNX at all",
    dtype: undefined,
    without: ["onnx/model.onnx", "onnx/model_fp16.onnx"],
    detail: "has no ONNX model; there is none",
  },
  {
    case: "no tokenizer",
    dtype: undefined,
    without: ["tokenizer.json"],
    detail: "has no tokenizer.json",
  },
] as const)("$case: nothing is downloaded", async ({ dtype, without, detail }) => {
  const { hub, download } = await served(tinyQwen3Folder, without);
  await expect(download(dtype && { dtype })).rejects.toMatchObject({
    code: "model_not_found",
    detail: expect.stringContaining(detail),
  });
  expect(hub.asked).toHaveLength(1);
});

import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { cachePlaces } from "../hub/cache.ts";
import { defaultEmbedderFolder } from "./built-in.ts";
import { findModel, modelSource } from "./find-model.ts";
import { knownModels } from "./known-models.ts";
import { tinyMpnetFolder } from "./testing/encoders.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-find-"));
  const made = folder;
  onTestFinished(() => rm(made, { recursive: true }));
});

const commit = "0123456789abcdef0123456789abcdef01234567";
const hub = () => ({
  endpoint: "http://127.0.0.1:1",
  cacheFolder: join(folder, "cache"),
  offline: false,
});

async function cached(id: string, from: string, revision = "main"): Promise<string> {
  const { cacheFolder } = hub();
  const { snapshot } = cachePlaces(cacheFolder, { id, revision }, commit);
  await cp(from, snapshot, { recursive: true });
  const refs = join(snapshot, "../../refs");
  await mkdir(refs, { recursive: true });
  await writeFile(join(refs, revision), commit);
  return snapshot;
}

test.each([
  { name: "qwen3", id: "onnx-community/Qwen3-Embedding-0.6B-ONNX", revision: "main" },
  { name: "mom-embedding-pro", id: "onnx-community/Qwen3-Embedding-0.6B-ONNX", revision: "main" },
  {
    name: "models/mom-embedding-pro",
    id: "onnx-community/Qwen3-Embedding-0.6B-ONNX",
    revision: "main",
  },
  {
    name: "Qwen/Qwen3-Embedding-0.6B",
    id: "onnx-community/Qwen3-Embedding-0.6B-ONNX",
    revision: "main",
  },
  { name: "bge@v2", id: "Xenova/bge-base-en-v1.5", revision: "v2" },
  { name: "Xenova/e5-base-v2", id: "Xenova/e5-base-v2", revision: "main" },
  { name: "owner/name@abc", id: "owner/name", revision: "abc" },
])("$name is $id at $revision", ({ name, id, revision }) => {
  expect(modelSource(name)).toMatchObject({ kind: "hub", repository: { id, revision } });
});

test.each(["/models/qwen3-folder", "./x", "a/b/c", "no such folder", "owner/name@../x"])(
  "%s is a folder",
  (name) => {
    expect(modelSource(name)).toEqual({ kind: "folder", path: name });
  },
);

test("the built-in embedder has a name", () => {
  expect(modelSource("minilm-2l")).toEqual({ kind: "folder", path: defaultEmbedderFolder });
  expect(findModel("minilm-2l", {}, hub()).name).toBe("minilm-2l");
});

test("a folder that is there goes before a repository, but not before a known name", async () => {
  for (const name of ["owner/name", "qwen3"])
    await cp(tinyMpnetFolder, join(folder, name), { recursive: true });
  const at = (path: string) => join(folder, path);
  expect(modelSource("owner/name", at)).toEqual({ kind: "folder", path: at("owner/name") });
  expect(modelSource("qwen3", at)).toMatchObject({ kind: "hub" });
  expect(modelSource("./qwen3", at)).toEqual({ kind: "folder", path: at("./qwen3") });
});

test("names and aliases are of one model each", () => {
  const names = knownModels.flatMap(({ name, aliases, repository }) => [
    name,
    ...aliases,
    repository,
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test("a known model in the cache is used as its table says", async () => {
  // The hub's repository says no pooling.
  const snapshot = await cached("Xenova/e5-base-v2", tinyMpnetFolder);
  await rm(join(snapshot, "1_Pooling"), { recursive: true });
  expect(findModel("e5", {}, hub())).toMatchObject({
    path: snapshot,
    name: "e5",
    pooling: "mean",
    maxTokens: 512,
    prefix: "query: ",
  });
  expect(findModel("e5", { maxTokens: 64, prefix: "" }, hub())).toMatchObject({ maxTokens: 64 });
});

test("another repository in the cache says itself what it is", async () => {
  await cached("owner/name", tinyMpnetFolder, "v2");
  expect(findModel("owner/name@v2", {}, hub())).toMatchObject({
    name: "owner/name",
    pooling: "mean",
    maxTokens: 48,
  });
});

test("large files in the cache carry their sha-256", async () => {
  const snapshot = await cached("owner/name", tinyQwen3Folder);
  const blob = join(snapshot, "../../blobs", "a".repeat(64));
  await mkdir(join(blob, ".."));
  await writeFile(blob, "");
  await rm(join(snapshot, "onnx/model.onnx"));
  await symlink(blob, join(snapshot, "onnx/model.onnx"));
  expect(findModel("owner/name", {}, hub()).sha256).toEqual({ "onnx/model.onnx": "a".repeat(64) });
});

test.each([
  { name: "qwen3", dtype: undefined, command: "signalbox download --embedder qwen3`" },
  {
    name: "owner/name@v2",
    dtype: "fp32",
    command: "signalbox download --embedder owner/name@v2 --dtype fp32`",
  },
] as const)("$name, not downloaded: the command that downloads it", ({ name, dtype, command }) => {
  expect(() => findModel(name, { dtype }, hub())).toThrow(
    expect.objectContaining({
      code: "model_not_found",
      detail: expect.stringMatching(/^pretrained model not found: .* is not in /),
      remedy: expect.stringContaining(command),
    }),
  );
});

import { createHash } from "node:crypto";
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readModelFolder } from "./model-folder.ts";
import { verifiedRevision } from "./model-revision.ts";
import { tinyBertFolder } from "./testing/encoders.ts";
import { tinyQwen3Folder } from "./testing/tiny-qwen3.ts";

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "signalbox-revision-"));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}

const revisionOf = (folder: string, choice = {}) =>
  verifiedRevision(readModelFolder(folder, choice));

test("a model in one file has the beginning of its sha-256", async () => {
  const bytes = await readFile(join(tinyQwen3Folder, "onnx/model.onnx"));
  const hash = createHash("sha256").update(bytes).digest("hex");
  expect(await revisionOf(tinyQwen3Folder)).toBe(hash.slice(0, 12));
});

test("another dtype, other weights beside the graph and a prefix are other revisions", async () => {
  const bert = await revisionOf(tinyBertFolder);
  const changed = await copyOf(tinyBertFolder);
  await appendFile(join(changed, "onnx/model.onnx_data"), " ");
  const revisions = [
    bert,
    await revisionOf(changed),
    await revisionOf(tinyBertFolder, { prefix: "query: " }),
    await revisionOf(tinyQwen3Folder),
    await revisionOf(tinyQwen3Folder, { dtype: "fp16" }),
  ];
  expect(new Set(revisions).size).toBe(5);
  expect(await revisionOf(await copyOf(tinyBertFolder))).toBe(bert);
});

test("in the hub's cache a file must be what its blob's name says", async () => {
  const folder = await copyOf(tinyQwen3Folder);
  const model = join(folder, "onnx/model.onnx");
  const hash = createHash("sha256")
    .update(await readFile(model))
    .digest("hex");
  await mkdir(join(folder, "blobs"));
  await rename(model, join(folder, "blobs", hash));
  await symlink(join("../blobs", hash), model);
  expect(await revisionOf(folder)).toBe(hash.slice(0, 12));
  await appendFile(model, " ");
  await expect(revisionOf(folder)).rejects.toMatchObject({
    code: "artifact_invalid",
    detail: expect.stringMatching(/^checksum mismatch: .* has sha256 [0-9a-f]{64}, recorded is /),
  });
});

import { createHash } from "node:crypto";
import { join } from "node:path";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import { type ModelFolder, notFound, weightsBeside } from "./model-folder.ts";

/**
 * What the vectors depend on, in 12 hex digits, once every file whose hash is recorded has it. Of a model in one file
 * without a prefix they are the first of its sha-256; else the first of the sha-256 of the hashes of its files, the
 * weights kept beside the graph among them (it alone is the same for every fine-tune), and the prefix.
 */
export async function verifiedRevision(folder: ModelFolder): Promise<string> {
  const { path, modelFile, sha256: recorded, prefix = "" } = folder;
  const model = [modelFile, ...weightsBeside(path, modelFile)];
  const hashes = new Map<string, string>();
  for (const file of new Set([...Object.keys(recorded), ...model])) {
    const actual = await sha256OfFile(join(path, file)).catch(() => {
      throw notFound(join(path, file));
    });
    const expected = recorded[file];
    if (expected !== undefined && actual !== expected) {
      throw damaged(join(path, file), expected, actual);
    }
    hashes.set(file, actual);
  }
  const parts = model.map((file) => hashes.get(file) ?? "");
  const [only = "", ...beside] = parts;
  if (beside.length === 0 && prefix === "") return only.slice(0, 12);
  return createHash("sha256")
    .update(JSON.stringify([parts, prefix]))
    .digest("hex")
    .slice(0, 12);
}

const damaged = (file: string, expected: string, actual: string) =>
  new RouterError(
    "artifact_invalid",
    `checksum mismatch: ${file} has sha256 ${actual}, recorded is ${expected}`,
    "Remove the file and download or copy it again; do not use a model that someone changed",
  );

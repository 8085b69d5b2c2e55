import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RouterError } from "../errors.ts";
import { type ModelFolder, notFound } from "./model-folder.ts";

/**
 * The first 12 hex digits of the model's sha-256, once every file that provenance.json lists has the hash that it says.
 * Weights that are kept beside a graph (`model.onnx_data`) count: the graph alone is the same for every fine-tune.
 */
export async function verifiedRevision(folder: ModelFolder): Promise<string> {
  for (const [file, expected] of Object.entries(folder.sha256)) {
    const actual = await sha256([join(folder.path, file)]).catch(() => {
      throw notFound(join(folder.path, file));
    });
    if (actual !== expected) throw damaged(join(folder.path, file), expected, actual);
  }
  const known = folder.sha256[folder.modelFile];
  return (known ?? (await sha256(await weightFiles(folder)))).slice(0, 12);
}

async function weightFiles({ path, modelFile }: ModelFolder): Promise<string[]> {
  const model = join(path, modelFile);
  const beside = await readdir(dirname(model));
  const external = beside.filter((file) => file.startsWith(`${basename(model)}_data`)).sort();
  return [model, ...external.map((file) => join(dirname(model), file))];
}

async function sha256(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    const bytes = createReadStream(file, { highWaterMark: 1024 * 1024 });
    for await (const chunk of bytes) hash.update(chunk);
  }
  return hash.digest("hex");
}

const damaged = (file: string, expected: string, actual: string) =>
  new RouterError(
    "artifact_invalid",
    `${file} has sha256 ${actual}, provenance.json says ${expected}`,
    "Copy the folder again from where it came; do not use a model that someone changed",
  );

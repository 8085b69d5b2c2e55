import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact } from "../artifact/artifact.ts";
import { artifactToCompact, compactFileName } from "../artifact/compact.ts";
import type { Precision } from "../artifact/compact-rows.ts";
import { artifactToJSON } from "../artifact/json-artifact.ts";
import { RouterError } from "../errors.ts";
import { writeAtomic } from "../files/write-atomic.ts";

export type Format = "json" | "safetensors" | "both";

export interface Written {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** JSON files that were left out and files of an earlier run that were removed, and why. */
  readonly notices: readonly string[];
}

/** Node cannot hold a text of more than 512 MB, and whoever loads a file of half that waits for seconds. */
export const maxJsonBytes = 256 * 1024 ** 2;

/** `0.031257122755050660`, and a comma. */
const bytesPerNumber = 21;

/**
 * Writes `<algorithm>_model.json`, `.safetensors` or both, then removes the form that was not written, if an earlier run
 * left it: readers take the one before the other and would go on with the old model. `precision` is of the vectors in
 * .safetensors. Rejects with RouterError `output_unwritable`.
 */
export async function writeSelectors(
  artifacts: readonly Artifact[],
  folder: string,
  format: Format,
  precision: Precision = "float32",
): Promise<Written> {
  const files: { path: string; bytes: number }[] = [];
  const notices: string[] = [];
  async function write(name: string, content: Uint8Array): Promise<void> {
    const path = join(folder, name);
    await writeAtomic(path, content);
    files.push({ path, bytes: content.length });
  }
  const stale: string[] = [];
  for (const artifact of artifacts) {
    const { algorithm } = artifact;
    const json = `${algorithm}_model.json`;
    if (format !== "json")
      await write(compactFileName(algorithm), artifactToCompact(artifact, precision));
    else stale.push(compactFileName(algorithm));
    if (format === "safetensors") {
      stale.push(json);
      continue;
    }
    const expected = jsonNumbers(artifact) * bytesPerNumber;
    if (expected <= maxJsonBytes) {
      await write(json, Buffer.from(artifactToJSON(artifact)));
    } else if (format === "json") {
      throw tooLarge(algorithm, expected);
    } else {
      stale.push(json);
      notices.push(
        `${json} is left out: it would have about ${mib(expected)} MiB; the .safetensors file decides alike`,
      );
    }
  }
  // Last of all: until then whoever reads the folder finds every algorithm whole, the old one or the new.
  for (const name of stale) {
    if (await removed(join(folder, name)))
      notices.push(
        `${name} of an earlier run is removed: it is not the model that was trained now`,
      );
  }
  return { files, notices };
}

async function removed(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw new RouterError(
      "output_unwritable",
      `${path} is an earlier run's and cannot be removed: ${(cause as Error).message}`,
      "Remove it: it would be read instead of the new file",
      { cause },
    );
  }
}

/** JSON has a vector for every row of knn and for every machine of svm. */
function jsonNumbers(artifact: Artifact): number {
  switch (artifact.algorithm) {
    case "knn":
      return artifact.modelOf.length * artifact.dimension;
    case "kmeans":
      return artifact.centroids.length;
    case "svm":
      return [...artifact.linear, ...artifact.rbf].reduce(
        (sum, machine) =>
          sum + artifact.dimension * ("alpha" in machine ? machine.alpha.length : 1),
        0,
      );
  }
}

const mib = (bytes: number): number => Math.round(bytes / 1024 ** 2);

const tooLarge = (algorithm: string, bytes: number): RouterError =>
  new RouterError(
    "output_unwritable",
    `${algorithm}_model.json would have about ${mib(bytes)} MiB, ${mib(maxJsonBytes)} are allowed`,
    "Write it with --format safetensors, or train on fewer queries with --limit",
  );

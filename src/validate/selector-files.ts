import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "../artifact/artifact.ts";
import { assertCompatible } from "../artifact/compatible.ts";
import { loadArtifact } from "../artifact/load-artifact.ts";
import type { EmbedderIdentity } from "../embed/embedder.ts";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";

export interface SelectorFile {
  readonly file: string;
  readonly sha256: string;
  readonly artifact: Artifact;
}

export interface LoadOptions {
  readonly maxBytes: number;
  readonly trustUnlabelled: boolean;
}

/**
 * The files of `algorithms` in a folder, the compact form before the JSON, as serving takes them. Throws RouterError
 * `model_not_found` when there is none of any; as `loadArtifact` and
 * `assertCompatible` do otherwise.
 */
export async function loadSelectorFiles(
  folder: string,
  algorithms: readonly SelectorAlgorithm[],
  identity: EmbedderIdentity,
  { maxBytes, trustUnlabelled }: LoadOptions,
): Promise<readonly SelectorFile[]> {
  const found: SelectorFile[] = [];
  for (const algorithm of algorithms) {
    const file = [`${algorithm}_model.safetensors`, `${algorithm}_model.json`].find((name) =>
      existsSync(join(folder, name)),
    );
    if (file === undefined) continue;
    const path = join(folder, file);
    const artifact = loadArtifact(algorithm, path, maxBytes);
    assertCompatible(artifact, identity, trustUnlabelled);
    found.push({ file, sha256: await sha256OfFile(path), artifact });
  }
  if (found.length > 0) return found;
  throw new RouterError(
    "model_not_found",
    `pretrained model not found: ${folder} holds no file of ${algorithms.join(", ")}`,
    "Train with signalbox train, or correct --models-dir or --algorithm",
  );
}

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Artifact, FeatureSpec } from "../artifact/artifact.ts";
import { loadArtifact } from "../artifact/load-artifact.ts";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";

export type Algorithm = Artifact["algorithm"];
export const algorithms: readonly Algorithm[] = ["knn", "kmeans", "svm"];

/** The names under which an algorithm's file may stand in a folder or repository, ours first. */
export const modelFileNames = (algorithm: Algorithm): readonly string[] => [
  `${algorithm}_model.safetensors`,
  `${algorithm}_model.json`,
];

export interface SelectorFile {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly bytes: number;
  readonly sha256: string;
  readonly models: readonly string[];
  /** Undefined in upstream's files. */
  readonly features?: FeatureSpec;
}

/** What may stand beside the model files and tell of them. Queries and answers may not: no .jsonl. */
const besideForm = /^[A-Za-z0-9][A-Za-z0-9._-]*\.(?:json|md|html|txt)$/;

/** Serving has the same limit by default. */
const maxArtifactBytes = 2 * 2 ** 30;

/**
 * The model files of a folder, each opened to see that it is sound, and what stands beside them. Throws RouterError
 * `model_not_found` when there is none, `artifact_invalid` when one is damaged.
 */
export async function readSelectorFolder(folder: string): Promise<{
  readonly selectors: readonly SelectorFile[];
  readonly beside: readonly string[];
}> {
  const names = namesIn(folder);
  const selectors: SelectorFile[] = [];
  for (const algorithm of algorithms) {
    for (const name of modelFileNames(algorithm).filter((one) => names.includes(one))) {
      const path = join(folder, name);
      const artifact = loadArtifact(algorithm, path, maxArtifactBytes);
      const { features } = artifact;
      selectors.push({
        name,
        algorithm,
        bytes: statSync(path).size,
        sha256: await sha256OfFile(path),
        models: modelsOf(artifact),
        ...(features && { features }),
      });
    }
  }
  if (selectors.length === 0) throw none(folder);
  const files = new Set(selectors.map(({ name }) => name));
  return { selectors, beside: names.filter((name) => !files.has(name) && besideForm.test(name)) };
}

function namesIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((one) => one.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw none(folder, cause);
  }
}

function modelsOf(artifact: Artifact): readonly string[] {
  const names = artifact.algorithm === "knn" ? artifact.models : artifact.modelNames;
  return [...names].sort();
}

const none = (folder: string, cause?: unknown) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${folder} holds no knn, kmeans or svm file`,
    "Train them with signalbox train, or correct the folder",
    { cause },
  );

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { artifactPaths } from "../config/artifact-paths.ts";
import { type Places, packageRoot, placesOf, resolvePath } from "../config/paths.ts";
import type { RouterConfig } from "../config/schema.ts";
import { selectingDecisions } from "../config/selecting-decisions.ts";
import { builtIn, defaultEmbedderFolder } from "../embed/built-in.ts";
import { configuredChoice } from "../embed/default-embedder.ts";
import { findModel, modelSource } from "../embed/find-model.ts";
import { hubSettings } from "../hub/settings.ts";
import { modelFiles } from "../modelpack/model/header.ts";
import type { Part } from "../open-router.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { families } from "../tasks.ts";

/**
 * The files of each part, those included that are not there and would be read if they were. Reads folders, and the
 * headers of a model pack, which name its other files.
 */
export function routerFiles(
  config: RouterConfig,
  { configFolder, cwd }: Places,
): Readonly<Record<Part, readonly string[]>> {
  const used = new Set(selectingDecisions(config).map(({ algorithm }) => algorithm.type));
  const at = (path: string): readonly string[] => placesOf(path, configFolder, cwd);
  const selector = (algorithm: SelectorAlgorithm): readonly string[] =>
    used.has(algorithm) ? artifactPaths(config, algorithm, at) : [];
  const own = embedderFiles(config, (path) => resolvePath(path, configFolder, cwd));
  return {
    embedder: own,
    domain_embedder: filesIn(defaultEmbedderFolder),
    modelpack:
      config.modelpack.path === undefined ? [] : at(config.modelpack.path).flatMap(modelPackFiles),
    domain: filesIn(join(packageRoot, "models/default/domain")),
    knn: selector("knn"),
    kmeans: selector("kmeans"),
    svm: selector("svm"),
  };
}

function embedderFiles(config: RouterConfig, at: (path: string) => string): readonly string[] {
  if (config.embedding.http) return [];
  const { embedding_models } = config;
  const name = embedding_models.qwen3_model_path ?? builtIn;
  try {
    const hub = hubSettings(process.env);
    const { path, modelFile } = findModel(name, configuredChoice(embedding_models), hub, at);
    return [...filesIn(path), ...filesIn(join(path, dirname(modelFile)))];
  } catch {
    // Not there, or not whole: what would make it a model's folder.
    const source = modelSource(name, at);
    if (source.kind === "hub") return [];
    return [...filesIn(source.path), join(source.path, "tokenizer.json")];
  }
}

const modelPackFiles = (folder: string): readonly string[] =>
  families.flatMap((family) => modelFiles(folder, family));

/** A folder of more is none of a model. */
const mostFiles = 200;

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .slice(0, mostFiles)
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

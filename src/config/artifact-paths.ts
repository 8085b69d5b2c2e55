import { join } from "node:path";
import { packageRoot } from "./paths.ts";
import type { RouterConfig } from "./schema.ts";

/**
 * Where the trained file of an algorithm may be, in the order tried: its own path, else in models_path, else the built-in
 * one. The compact form goes first. `at` says where a path of the configuration leads to.
 */
export function artifactPaths(
  { model_selection: { ml } }: RouterConfig,
  algorithm: "knn" | "kmeans" | "svm",
  at: (path: string) => readonly string[],
): readonly string[] {
  const own = ml[algorithm]?.pretrained_path;
  const folder = ml.models_path;
  const names = [`${algorithm}_model.safetensors`, `${algorithm}_model.json`];
  if (own !== undefined) return at(own);
  if (folder !== undefined) {
    return at(folder).flatMap((one) => names.map((name) => join(one, name)));
  }
  return [join(packageRoot, "models/default/selectors", `${algorithm}_model.safetensors`)];
}

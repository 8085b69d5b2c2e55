import { existsSync } from "node:fs";
import { type Places, placesOf } from "./paths.ts";
import type { Path, Problem } from "./problem.ts";
import type { RouterConfig } from "./schema.ts";
import { selectingDecisions } from "./selecting-decisions.ts";

const remedy = "download or train it, or correct the path";

interface Reference {
  readonly path: Path;
  readonly file: string;
  /** Serving reads it; otherwise it is only configured. */
  readonly needed: boolean;
}

/** What the configuration names and nobody finds: problems where serving would stop at it, else warnings. */
export function missingFiles(
  config: RouterConfig,
  { configFolder, cwd }: Places,
): { problems: readonly Problem[]; warnings: readonly Problem[] } {
  const missing = references(config).flatMap(({ path, file, needed }) => {
    const places = placesOf(file, configFolder, cwd);
    if (places.some((place) => existsSync(place))) return [];
    const looked = `${places.join(" and ")} ${places.length > 1 ? "do" : "does"} not exist`;
    const message = `pretrained model not found: ${looked}; ${remedy}`;
    return [{ needed, path, message }];
  });
  return {
    problems: missing.filter(({ needed }) => needed),
    warnings: missing.filter(({ needed }) => !needed),
  };
}

const algorithms = ["knn", "kmeans", "svm"] as const;

function references(config: RouterConfig): readonly Reference[] {
  const { ml } = config.model_selection;
  const used = new Set(selectingDecisions(config).map(({ algorithm }) => algorithm.type));
  const all = [
    ...algorithms.map((algorithm) => ({
      path: ["model_selection", "ml", algorithm, "pretrained_path"],
      file: ml[algorithm]?.pretrained_path,
      needed: used.has(algorithm),
    })),
    {
      path: ["model_selection", "ml", "models_path"],
      file: ml.models_path,
      needed: algorithms.some((one) => used.has(one) && ml[one]?.pretrained_path === undefined),
    },
    { path: ["modelpack", "path"], file: config.modelpack.path, needed: true },
    {
      path: ["embedding_models", "qwen3_model_path"],
      file: folderNamed(config.embedding_models.qwen3_model_path),
      needed: true,
    },
  ];
  return all.flatMap(({ file, ...rest }) => (file === undefined ? [] : [{ ...rest, file }]));
}

/** A name may stand for a model of the hub, which is looked for when it is opened; these can only be folders. */
const folderNamed = (name: string | undefined): string | undefined =>
  name !== undefined && (/^[./~]/.test(name) || name.split("/").length > 2) ? name : undefined;

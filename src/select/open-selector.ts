import { type Artifact, categoriesOf } from "../artifact/artifact.ts";
import { RouterError } from "../errors.ts";
import { kmeansModels, kmeansSelect } from "./kmeans.ts";
import { knnByVotes } from "./knn.ts";
import { knnByOutcomes } from "./knn-outcomes.ts";
import type { Selector } from "./selector.ts";
import { assertSettings, type SelectorSettings } from "./settings.ts";
import { svmModels, svmSelect } from "./svm.ts";

/**
 * Makes the selector of an artifact. `settings` are the configuration's: `k` replaces the file's, the others must
 * agree with it, or RouterError `artifact_incompatible` is thrown. An untrained artifact opens, and throws
 * `selector_untrained` from `select`.
 */
export function openSelector(artifact: Artifact, settings: SelectorSettings = {}): Selector {
  assertSettings(artifact, settings);
  const { algorithm, dimension } = artifact;
  return {
    algorithm,
    dimension,
    categories: categoriesOf(artifact),
    models: modelsOf(artifact),
    select: artifact.trained ? selectOf(artifact, settings) : untrained(algorithm),
  };
}

function selectOf(artifact: Artifact, settings: SelectorSettings): Selector["select"] {
  switch (artifact.algorithm) {
    case "knn": {
      const k = settings.k ?? artifact.k;
      return artifact.mode === "votes" ? knnByVotes(artifact, k) : knnByOutcomes(artifact, k);
    }
    case "kmeans":
      return kmeansSelect(artifact);
    case "svm":
      return svmSelect(artifact);
  }
}

function modelsOf(artifact: Artifact): readonly string[] {
  switch (artifact.algorithm) {
    case "knn":
      return artifact.models;
    case "kmeans":
      return kmeansModels(artifact);
    case "svm":
      return svmModels(artifact);
  }
}

const untrained = (algorithm: string) => (): never => {
  throw new RouterError(
    "selector_untrained",
    `The ${algorithm} file says that it is not trained, or holds no data`,
    `Train ${algorithm} and point its pretrained_path at the new file`,
  );
};

import { type Artifact, categoriesOf } from "../artifact/artifact.ts";
import { RouterError } from "../errors.ts";
import { fastKmeans } from "./fast/kmeans.ts";
import { fastKnn } from "./fast/knn.ts";
import { fastSvm } from "./fast/svm.ts";
import { kmeansModels, kmeansSelect } from "./readable/kmeans.ts";
import { knnByOutcomes } from "./readable/knn-outcomes.ts";
import { knnByVotes } from "./readable/knn-votes.ts";
import { svmModels, svmSelect } from "./readable/svm.ts";
import { type Choice, selectEach } from "./select-each.ts";
import type { Selector } from "./selector.ts";
import { assertSettings, type SelectorSettings } from "./settings.ts";

/**
 * Makes the selector of an artifact. `settings` are the configuration's: `k` and `mode` replace the file's, the others
 * must agree with it, or RouterError `artifact_incompatible` is thrown. An untrained artifact opens, and throws
 * `selector_untrained` from `select`.
 */
export const openSelector = (artifact: Artifact, settings: SelectorSettings = {}): Selector =>
  open(artifact, settings, fastChoice);

/**
 * The same choices by their definition, every distance in double precision: the oracle of `openSelector`, which asks it
 * wherever faster means leave a choice open.
 */
export const openReadable = (artifact: Artifact, settings: SelectorSettings = {}): Selector =>
  open(artifact, settings, readableChoice);

function open(
  artifact: Artifact,
  settings: SelectorSettings,
  choiceOf: (artifact: Artifact, settings: SelectorSettings) => Choice,
): Selector {
  assertSettings(artifact, settings);
  const { algorithm, dimension, trained } = artifact;
  return {
    algorithm,
    dimension,
    categories: categoriesOf(artifact),
    models: modelsOf(artifact),
    ...(trained ? choiceOf(artifact, settings) : selectEach(dimension, untrained(algorithm))),
  };
}

/** Decisions that share a file share what was made of it: each would take its memory. */
const shared = new WeakMap<Artifact, Choice>();

function fastChoice(artifact: Artifact, settings: SelectorSettings): Choice {
  const { dimension } = artifact;
  if (artifact.algorithm === "knn") {
    const { k = artifact.k, mode = artifact.mode } = settings;
    const select = fastKnn(artifact, mode, k);
    return select ? selectEach(dimension, select) : readableChoice(artifact, settings);
  }
  const known = shared.get(artifact);
  if (known) return known;
  const made =
    artifact.algorithm === "kmeans"
      ? selectEach(dimension, fastKmeans(artifact))
      : (fastSvm(artifact) ?? readableChoice(artifact, settings));
  shared.set(artifact, made);
  return made;
}

function readableChoice(artifact: Artifact, settings: SelectorSettings): Choice {
  const { dimension } = artifact;
  switch (artifact.algorithm) {
    case "knn": {
      const { k = artifact.k, mode = artifact.mode } = settings;
      const select = mode === "votes" ? knnByVotes(artifact, k) : knnByOutcomes(artifact, k);
      return selectEach(dimension, select);
    }
    case "kmeans":
      return selectEach(dimension, kmeansSelect(artifact));
    case "svm":
      return selectEach(dimension, svmSelect(artifact));
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

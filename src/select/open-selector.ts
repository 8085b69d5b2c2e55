import { type Artifact, categoriesOf } from "../artifact/artifact.ts";
import { RouterError } from "../errors.ts";
import { inTurns } from "../math/turns.ts";
import { fastKmeans } from "./fast/kmeans.ts";
import { fastKnn, layOutKnn } from "./fast/knn.ts";
import { fastSvm } from "./fast/svm.ts";
import { kmeansModels, kmeansSelect } from "./readable/kmeans.ts";
import { knnByOutcomes } from "./readable/knn-outcomes.ts";
import { knnByVotes } from "./readable/knn-votes.ts";
import { svmModels, svmSelect } from "./readable/svm.ts";
import { type Choice, type Opened, selectEach } from "./select-each.ts";
import type { Selector } from "./selector.ts";
import { assertSettings, type SelectorSettings } from "./settings.ts";

/**
 * Makes the selector of an artifact. `settings` are the configuration's: `k` and `mode` replace the file's, the others
 * must agree with it, or RouterError `artifact_incompatible` is thrown. An untrained artifact opens, and throws
 * `selector_untrained` from `select`.
 */
export const openSelector = (artifact: Artifact, settings: SelectorSettings = {}): Selector =>
  openWithArtifact(artifact, settings).selector;

/** `openSelector` in turns, for a process that serves meanwhile. Rejects as it throws. */
export async function openSelectorInTurns(
  artifact: Artifact,
  settings: SelectorSettings = {},
): Promise<Selector> {
  assertSettings(artifact, settings);
  if (artifact.algorithm === "knn" && artifact.trained) await inTurns(layOutKnn(artifact));
  return openSelector(artifact, settings);
}

/** `openSelector`, and the artifact again, whose vectors are the selector's: who keeps it keeps nothing twice. */
export function openWithArtifact(
  artifact: Artifact,
  settings: SelectorSettings = {},
): { readonly selector: Selector; readonly artifact: Artifact } {
  assertSettings(artifact, settings);
  if (!artifact.trained) return { selector: selectorOf(artifact, untrained(artifact)), artifact };
  const opened = fastChoice(artifact, settings);
  return { selector: selectorOf(artifact, opened.choice), artifact: opened.artifact };
}

/**
 * The same choices by their definition, every distance in double precision: the oracle of `openSelector`, which asks it
 * wherever faster means leave a choice open.
 */
export function openReadable(artifact: Artifact, settings: SelectorSettings = {}): Selector {
  assertSettings(artifact, settings);
  const choice = artifact.trained ? readableChoice(artifact, settings) : untrained(artifact);
  return selectorOf(artifact, choice);
}

const selectorOf = (artifact: Artifact, choice: Choice): Selector => ({
  algorithm: artifact.algorithm,
  dimension: artifact.dimension,
  categories: categoriesOf(artifact),
  models: modelsOf(artifact),
  ...choice,
});

/** Decisions that share a file share what was made of it: each would take its memory. */
const shared = new WeakMap<Artifact, Opened>();

function fastChoice(artifact: Artifact, settings: SelectorSettings): Opened {
  const asGiven = (): Opened => ({ choice: readableChoice(artifact, settings), artifact });
  if (artifact.algorithm === "knn") {
    const { k = artifact.k, mode = artifact.mode } = settings;
    return fastKnn(artifact, mode, k) ?? asGiven();
  }
  const known = shared.get(artifact);
  if (known) return known;
  const made =
    artifact.algorithm === "kmeans"
      ? { choice: selectEach(artifact.dimension, fastKmeans(artifact)), artifact }
      : (fastSvm(artifact) ?? asGiven());
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

const untrained = ({ algorithm, dimension }: Artifact): Choice =>
  selectEach(dimension, () => {
    throw new RouterError(
      "selector_untrained",
      `The ${algorithm} file says that it is not trained, or holds no data`,
      `Train ${algorithm} and point its pretrained_path at the new file`,
    );
  });

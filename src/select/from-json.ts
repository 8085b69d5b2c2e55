import type { Artifact } from "../artifact/artifact.ts";
import { artifactToJSON } from "../artifact/json-artifact.ts";
import { parseKmeans } from "../artifact/kmeans-json.ts";
import { parseKnn } from "../artifact/knn-json.ts";
import { parseSvm } from "../artifact/svm-json.ts";
import { RouterError } from "../errors.ts";
import { openWithArtifact } from "./open-selector.ts";
import type { Selection, Selector } from "./selector.ts";

/** A selector that was trained by signalbox or by vllm-project/semantic-router. */
export interface TrainedSelector {
  /**
   * Picks a model for a feature vector: the unit embedding's numbers, then the one-hot of the category (1024 + 14 =
   * 1038 for the models of the router), as many as the model was trained on. `scores` are best first and comparable
   * within this answer only. The same vector always gives the same answer.
   *
   * @throws RouterError `selector_untrained` when the model was never trained or is closed; `selector_invalid_input`
   * for a vector of another length, with a number that is not finite, or too long to have distances;
   * `selector_no_candidate` when the file has no model for it.
   */
  select(x: Float32Array | Float64Array | number[]): Selection;
  /** False when the file says so or holds no data, and after `close`. */
  isTrained(): boolean;
  /**
   * The model as JSON text that upstream reads too.
   *
   * @throws RouterError `selector_untrained` after `close`.
   */
  toJSON(): string;
  /** Releases the model. May be called again. */
  close(): void;
}

/**
 * Opens the text of a knn_model.json: the k nearest training rows (Euclidean) vote, each with 0.9 quality (0 to 1)
 * + 0.1 speed (1 for the least latency of the file, 0 for the largest; latencies are in nanoseconds).
 *
 * @throws RouterError `artifact_invalid`, naming field and index.
 */
export const knnFromJSON = (text: string): TrainedSelector => open(parseKnn(text));

/**
 * Opens the text of a kmeans_model.json: the model of the nearest centroid (Euclidean).
 *
 * @throws RouterError `artifact_invalid`, naming field and index.
 */
export const kmeansFromJSON = (text: string): TrainedSelector => open(parseKmeans(text));

/**
 * Opens the text of an svm_model.json: the model whose machine gives the vector, scaled to length 1, the highest
 * decision value.
 *
 * @throws RouterError `artifact_invalid`, naming field and index.
 */
export const svmFromJSON = (text: string): TrainedSelector => open(parseSvm(text));

function open(artifact: Artifact): TrainedSelector {
  let model: Model | undefined = openWithArtifact(artifact);

  function opened(): Model {
    if (model) return model;
    throw new RouterError("selector_untrained", "The model was closed", "Open its JSON again");
  }

  return {
    select: (x) => opened().selector.select(x),
    isTrained: () => model?.artifact.trained ?? false,
    toJSON: () => artifactToJSON(opened().artifact),
    close: () => {
      model = undefined;
    },
  };
}

interface Model {
  readonly artifact: Artifact;
  readonly selector: Selector;
}

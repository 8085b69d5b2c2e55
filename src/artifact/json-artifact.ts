import type { Artifact } from "./artifact.ts";
import { kmeansToJSON, parseKmeans } from "./kmeans-json.ts";
import { knnToJSON, parseKnn } from "./knn-json.ts";
import { parseSvm, svmToJSON } from "./svm-json.ts";

/**
 * Reads the text of a model file of vllm-project/semantic-router, or of ours. Throws RouterError `artifact_invalid`,
 * in which `source` names the file.
 */
export function parseArtifact(
  algorithm: Artifact["algorithm"],
  text: string,
  source?: string,
): Artifact {
  switch (algorithm) {
    case "knn":
      return parseKnn(text, source);
    case "kmeans":
      return parseKmeans(text, source);
    case "svm":
      return parseSvm(text, source);
  }
}

/** A file that upstream reads too. */
export function artifactToJSON(artifact: Artifact): string {
  switch (artifact.algorithm) {
    case "knn":
      return knnToJSON(artifact);
    case "kmeans":
      return kmeansToJSON(artifact);
    case "svm":
      return svmToJSON(artifact);
  }
}

import type { Artifact } from "./artifact.ts";
import type { ByteSource } from "./byte-source.ts";
import { kmeansToJSON, parseKmeans } from "./kmeans-json.ts";
import { knnToJSON, parseKnn } from "./knn-json.ts";
import { parseSvm, svmToJSON } from "./svm-json.ts";

/**
 * Reads a model file of vllm-project/semantic-router, or of ours. Throws RouterError `artifact_invalid`, in which
 * `source` names the file; also when what is read would occupy more than `maxBytes`.
 */
export function parseArtifact(
  algorithm: Artifact["algorithm"],
  content: string | ByteSource,
  source?: string,
  maxBytes?: number,
): Artifact {
  switch (algorithm) {
    case "knn":
      return parseKnn(content, source, maxBytes);
    case "kmeans":
      return parseKmeans(content, source, maxBytes);
    case "svm":
      return parseSvm(content, source, maxBytes);
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

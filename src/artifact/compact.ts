import type { Artifact } from "./artifact.ts";
import { readCompact } from "./compact-file.ts";
import { kmeansFromCompact, kmeansToCompact } from "./compact-kmeans.ts";
import { knnFromCompact, knnToCompact } from "./compact-knn.ts";
import type { Precision } from "./compact-rows.ts";
import { svmFromCompact, svmToCompact } from "./compact-svm.ts";

/** `knn_model.safetensors` beside upstream's `knn_model.json`. */
export const compactFileName = (algorithm: Artifact["algorithm"]): string =>
  `${algorithm}_model.safetensors`;

/**
 * Reads a compact model file: a tenth of the JSON or less, in milliseconds. Throws RouterError `artifact_invalid`, in
 * which `source` names the file.
 */
export function parseCompact(
  algorithm: Artifact["algorithm"],
  bytes: Uint8Array,
  source: string = compactFileName(algorithm),
  maxBytes = Number.POSITIVE_INFINITY,
): Artifact {
  const read = readCompact(algorithm, bytes, source, maxBytes);
  switch (algorithm) {
    case "knn":
      return knnFromCompact(read);
    case "kmeans":
      return kmeansFromCompact(read);
    case "svm":
      return svmFromCompact(read);
  }
}

/**
 * The compact file. With precision `float32` what is read back is the artifact, to the bit, with the support vectors of svm
 * and the terms of its machines in order of first use, as they are once the artifact was read from any file. With `int8` embeddings of knn
 * and svm are kept as bytes with a scale a row, a quarter of the size, and differ in about the third digit of each number;
 * all else is exact. Throws RouterError `artifact_invalid` for a model that does not name its embedder, as upstream's do
 * not.
 */
export function artifactToCompact(artifact: Artifact, precision: Precision): Uint8Array {
  switch (artifact.algorithm) {
    case "knn":
      return knnToCompact(artifact, precision);
    case "kmeans":
      return kmeansToCompact(artifact);
    case "svm":
      return svmToCompact(artifact, precision);
  }
}

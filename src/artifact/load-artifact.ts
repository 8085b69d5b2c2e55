import { readBounded, withBounded } from "../files/read-bounded.ts";
import type { Artifact } from "./artifact.ts";
import { fileSource } from "./byte-source.ts";
import { parseCompact } from "./compact.ts";
import { parseArtifact } from "./json-artifact.ts";

const refusals = {
  unreadable: { code: "model_not_found", remedy: "Check the path and its permissions" },
  tooLarge: { code: "artifact_invalid", remedy: "Raise model_selection.ml.max_artifact_mb" },
} as const;

/**
 * Reads a model file in the form that its name tells: `.safetensors`, or upstream's JSON. Throws RouterError
 * `model_not_found` when it cannot be read, `artifact_invalid` when it is damaged, or when the file or what it holds is
 * larger than `maxBytes`.
 */
export function loadArtifact(
  algorithm: Artifact["algorithm"],
  path: string,
  maxBytes: number,
): Artifact {
  if (path.endsWith(".safetensors")) {
    return parseCompact(algorithm, readBounded(path, maxBytes, refusals), path, maxBytes);
  }
  return withBounded(path, maxBytes, refusals, (file) =>
    parseArtifact(algorithm, fileSource(file), path, maxBytes),
  );
}

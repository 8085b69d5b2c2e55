import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import type { Artifact } from "./artifact.ts";
import { parseCompact } from "./compact.ts";
import { parseArtifact } from "./json-artifact.ts";

/**
 * Reads a model file in the form that its name tells: `.safetensors`, or upstream's JSON. Throws RouterError
 * `model_not_found` when it cannot be read, `artifact_invalid` when it is damaged or larger than `maxBytes`.
 */
export function loadArtifact(
  algorithm: Artifact["algorithm"],
  path: string,
  maxBytes: number,
): Artifact {
  const bytes = readBounded(path, maxBytes, {
    unreadable: { code: "model_not_found", remedy: "Check the path and its permissions" },
    tooLarge: { code: "artifact_invalid", remedy: "Raise model_selection.ml.max_artifact_mb" },
  });
  if (path.endsWith(".safetensors")) return parseCompact(algorithm, bytes, path);
  return parseArtifact(algorithm, text(bytes, path), path);
}

function text(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RouterError(
      "artifact_invalid",
      `${path} is not UTF-8 text`,
      "Fetch or train it again",
      {
        cause,
      },
    );
  }
}

import type { EmbedderIdentity } from "../embed/embedder.ts";
import { RouterError } from "../errors.ts";
import { type Artifact, categoriesOf } from "./artifact.ts";

/** What upstream trains its files on, and the only embedder it serves them with. */
const upstreamEmbedder = "qwen3";

/**
 * Refuses an artifact that was trained on the vectors of another embedder: they would fit, and mean nothing. Throws
 * RouterError `artifact_incompatible`. `trustUnlabelled` accepts files that do not name their embedder.
 */
export function assertCompatible(
  artifact: Artifact,
  identity: EmbedderIdentity,
  trustUnlabelled: boolean,
): void {
  const { algorithm, features, dimension } = artifact;
  const categories = categoriesOf(artifact).length;
  // A file without vectors has no dimension, and selects nothing.
  const embedding = features?.dimension ?? dimension - categories;
  if (dimension > 0 && embedding !== identity.dimension) {
    throw new RouterError(
      "artifact_incompatible",
      `embedding dimension mismatch: the ${algorithm} file has ${embedding} + ${categories} numbers a vector, ` +
        `embedder ${identity.name} gives ${identity.dimension} + ${categories}`,
      `Train the ${algorithm} file with ${identity.name}, or configure the embedder that it was trained on`,
    );
  }
  if (!features) {
    if (trustUnlabelled || identity.name === upstreamEmbedder) return;
    throw new RouterError(
      "artifact_incompatible",
      `the ${algorithm} file does not say which embedder it was trained on, which for such files is ` +
        `${upstreamEmbedder}; this is ${identity.name}`,
      `Configure embedding_models.qwen3_model_path, train the file with ${identity.name}, or set ` +
        "model_selection.ml.trust_unlabelled: true if you know that it was",
    );
  }
  const sides = [
    ["embedder", features.embedder, identity.name],
    ["revision", features.revision, identity.revision],
    ["pooling", features.pooling, identity.pooling],
    ["normalized", features.normalized, identity.normalized],
  ] as const;
  const differing = sides.filter(([, trained, served]) => trained !== served);
  if (differing.length === 0) return;
  const both = differing.map(([name, trained, served]) => `${name} ${trained}, this is ${served}`);
  throw new RouterError(
    "artifact_incompatible",
    `the ${algorithm} file was trained on ${both.join("; ")}`,
    `Train the ${algorithm} file with ${identity.name}, or configure the embedder that it was trained on`,
  );
}

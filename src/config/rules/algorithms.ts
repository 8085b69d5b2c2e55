import type { Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";

/** What every embedder of signalbox gives, and what the trained files expect. */
const embeddingDimension = 1024;

const blocks = ["knn", "kmeans", "svm"] as const;

/** `k: 3` for an svm does nothing; whoever wrote it thinks otherwise. The sentence is upstream's. */
export function blocksFitTheAlgorithm({ decisions }: RouterConfig): readonly Problem[] {
  return decisions.flatMap(({ name, algorithm }, i) =>
    blocks
      .filter((block) => algorithm[block] !== undefined && algorithm.type !== block)
      .map((block) => ({
        path: ["decisions", i, "algorithm", block],
        message: `decision '${name}': algorithm.type=${algorithm.type} cannot be used with algorithm.${block} configuration`,
      })),
  );
}

export function dimensionFits({ model_selection }: RouterConfig): readonly Problem[] {
  const { embedding_dim } = model_selection.ml;
  if (embedding_dim === undefined || embedding_dim === embeddingDimension) return [];
  return [
    {
      path: ["model_selection", "ml", "embedding_dim"],
      message: `embedding dimension mismatch: the configuration says ${embedding_dim}, the embedders give ${embeddingDimension}`,
    },
  ];
}

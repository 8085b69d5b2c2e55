import { configuredModels } from "./configured-models.ts";
import type { RouterConfig } from "./schema.ts";

/** What a configuration comes down to, for `signalbox check`. Keys as in its JSON. */
export interface Summary {
  readonly embedder: string;
  readonly default_model: string;
  readonly models: readonly string[];
  readonly decisions: readonly {
    readonly name: string;
    readonly priority: number;
    /** `single` where there is nothing to choose. */
    readonly algorithm: "knn" | "kmeans" | "svm" | "static" | "single";
    readonly models: number;
  }[];
}

export function summaryOf(config: RouterConfig): Summary {
  const { enabled } = config.model_selection;
  return {
    embedder: embedderOf(config),
    default_model: config.default_model,
    models: configuredModels(config),
    decisions: config.decisions.map(({ name, priority, algorithm, modelRefs }) => ({
      name,
      priority,
      algorithm: modelRefs.length === 1 ? "single" : enabled ? algorithm.type : "static",
      models: modelRefs.length,
    })),
  };
}

function embedderOf({ embedding, embedding_models }: RouterConfig): string {
  if (embedding.http) return `http:${embedding.http.model}`;
  return embedding_models.qwen3_model_path ?? "minilm-2l (built in)";
}

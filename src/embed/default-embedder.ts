import { join } from "node:path";
import type { Embedder } from "./embedder.ts";
import { openEmbedder } from "./worker-embedder.ts";

/** In the package, whose root is two folders above src/embed and above dist/embed. */
export const defaultEmbedderFolder = join(import.meta.dirname, "../../models/default/embedder");

/** The parts of RouterConfig that say which embedder to use, and how much of it. */
export interface EmbedderConfig {
  readonly embedding_models: { readonly qwen3_model_path?: string | undefined };
  readonly limits: { readonly max_waiting_texts: number; readonly cache_entries: number };
}

/** The configured local folder, where `resolvePath` finds it, or the built-in minilm-2l when none is configured. */
export function openConfiguredEmbedder(
  { embedding_models: { qwen3_model_path: configured }, limits }: EmbedderConfig,
  resolvePath: (path: string) => string = (path) => path,
): Promise<Embedder> {
  return openEmbedder({
    folder: configured === undefined ? defaultEmbedderFolder : resolvePath(configured),
    maxWaiting: limits.max_waiting_texts,
    cacheEntries: limits.cache_entries,
  });
}

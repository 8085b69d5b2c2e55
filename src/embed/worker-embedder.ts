import { type Embedder, embeddingDimension } from "./embedder.ts";
import { openLastingModel } from "./lasting-model.ts";
import { type ModelFolder, readModelFolder } from "./model-folder.ts";
import { startModelThread } from "./model-thread.ts";
import { type EmbedderLimits, queuedEmbedder } from "./queued-embedder.ts";

export interface EmbedderOptions extends Omit<EmbedderLimits, "maxTokens"> {
  /** As `findModel` gives it, or the path of a folder that says all of itself. */
  readonly folder: string | ModelFolder;
}

/**
 * An embedder whose model runs in a worker thread, warm when the promise resolves. Rejects with RouterError
 * `model_not_found` or `artifact_invalid`. It does not keep an idle process alive.
 */
export async function openEmbedder({ folder, ...limits }: EmbedderOptions): Promise<Embedder> {
  const found = typeof folder === "string" ? readModelFolder(folder) : folder;
  const model = await openLastingModel(() => startModelThread(found));
  const { name, pooling, maxTokens } = found;
  const { revision } = model;
  const identity = { name, revision, dimension: embeddingDimension, pooling, normalized: true };
  return queuedEmbedder(identity, model, { ...limits, maxTokens });
}

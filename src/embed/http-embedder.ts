import type { Embedder, EmbedderIdentity } from "./embedder.ts";
import { type HttpModelOptions, openHttpModel } from "./http-embedder-model.ts";
import { type EmbedderLimits, queuedEmbedder } from "./queued-embedder.ts";
import type { SharedCache } from "./shared-cache.ts";

export interface HttpEmbedderOptions
  extends HttpModelOptions,
    Omit<EmbedderLimits, "batchTokens" | "maxTokens"> {
  /** Opened for this embedder's identity, and closed with it. */
  readonly openShared?: ((identity: EmbedderIdentity) => Promise<SharedCache>) | undefined;
}

/**
 * An embedder whose model is a server with OpenAI's `/v1/embeddings`, behind the caches and the queue that every
 * embedder has. Rejects as `openHttpModel` does. It does not keep an idle process alive.
 */
export async function openHttpEmbedder(options: HttpEmbedderOptions): Promise<Embedder> {
  const model = await openHttpModel(options);
  const { maxWaiting, cacheBytes, cacheEntries, maxTokens, maxBatch } = options;
  // A request costs about the same whatever is in it, so that nothing but `maxBatch` bounds a batch.
  const limits = {
    maxWaiting,
    cacheBytes,
    cacheEntries,
    maxTokens,
    batchTokens: maxBatch * maxTokens,
  };
  try {
    return queuedEmbedder(
      model.identity,
      model,
      limits,
      await options.openShared?.(model.identity),
    );
  } catch (thrown) {
    await model.close();
    throw thrown;
  }
}

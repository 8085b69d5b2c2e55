import { RouterError } from "../errors.ts";
import { cutMiddle, maxCharsRead } from "./cut-middle.ts";
import { embedQueue } from "./embed-queue.ts";
import type { Embedder, EmbedderIdentity, Embedding } from "./embedder.ts";
import type { LastingModel } from "./lasting-model.ts";
import { cacheKey, vectorCache } from "./vector-cache.ts";

export interface EmbedderLimits {
  /** Texts that may wait, those in the model not counted. */
  readonly maxWaiting: number;
  /** Vectors kept, 4 KiB each; 0 turns the cache off. */
  readonly cacheEntries: number;
  /** Of a text; what is longer is cut, before it costs anything, to its head and tail. */
  readonly maxTokens: number;
}

/** The model behind a cache and a queue. */
export function queuedEmbedder(
  identity: EmbedderIdentity,
  model: LastingModel,
  { maxWaiting, cacheEntries, maxTokens }: EmbedderLimits,
): Embedder {
  const cache = vectorCache(cacheEntries);
  const queue = embedQueue(model, maxWaiting, cache.set);
  const maxChars = maxCharsRead(maxTokens);
  let refused = 0;
  let closed = false;

  async function embed(texts: readonly string[], signal?: AbortSignal): Promise<Embedding[]> {
    signal?.throwIfAborted();
    if (closed) throw stopped();
    const wanted = texts.map((whole) => {
      const text = cutMiddle(whole, maxChars);
      const key = cacheKey(text);
      return { text, key, found: cache.get(key) };
    });
    const missing = wanted.filter(({ found }) => !found);
    const computed = await queue.compute(missing, signal).catch((thrown: unknown) => {
      if (RouterError.from(thrown).code === "embedder_overloaded") refused += texts.length;
      throw thrown;
    });
    const next = computed.values();
    // Copies: a caller that writes to its vector must not change what others get.
    return wanted.map(({ found }) => {
      if (found) return { ...found, vector: found.vector.slice(), tokens: 0, cached: true };
      const { value } = next.next();
      if (!value) throw new Error("unreachable: one vector for each text that was missing");
      return { ...value, vector: value.vector.slice(), cached: false };
    });
  }

  return {
    ...identity,
    embed,
    stats() {
      const { hits, misses, evictions } = cache.counts();
      return {
        ...queue.counts(),
        refused,
        cacheHits: hits,
        cacheMisses: misses,
        cacheEvictions: evictions,
        cacheEntries: cache.size(),
      };
    },
    async close() {
      closed = true;
      queue.stop(stopped());
      await model.close();
    },
  };
}

const stopped = () =>
  new RouterError("embedder_stopped", "The embedder was closed", "Open another one");

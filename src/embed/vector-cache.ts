import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";

export interface CachedVector {
  readonly vector: Float32Array;
  readonly truncated: boolean;
}

/** The vectors used last, and how often they were. */
export interface VectorCache {
  get(key: string): CachedVector | undefined;
  set(key: string, value: CachedVector): void;
  counts(): { readonly hits: number; readonly misses: number; readonly evictions: number };
  size(): number;
}

/**
 * A hash, not the text: no prompt stays in memory, and a key cut from a request body would keep that body alive.
 * An embedder has one model and a cache of its own, so the model is no part of the key.
 */
export const cacheKey = (text: string): string => hash("sha256", text, "base64");

/** 0 entries turn it off. */
export function vectorCache(entries: number): VectorCache {
  const counts = { hits: 0, misses: 0, evictions: 0 };
  const evicted = (_value: CachedVector, _key: string, reason: LRUCache.DisposeReason) => {
    if (reason === "evict") counts.evictions++;
  };
  const recent =
    entries > 0
      ? new LRUCache<string, CachedVector>({ max: entries, dispose: evicted })
      : undefined;
  return {
    get(key) {
      const found = recent?.get(key);
      counts[found ? "hits" : "misses"]++;
      return found;
    },
    set(key, { vector, truncated }) {
      recent?.set(key, { vector, truncated });
    },
    counts: () => ({ ...counts }),
    size: () => recent?.size ?? 0,
  };
}

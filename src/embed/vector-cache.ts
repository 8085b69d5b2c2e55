import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type CachedEmbedding, embeddingDimension } from "./embedder.ts";

export type CachedVector = CachedEmbedding;

/** The vectors used last, and how often they were. */
export interface VectorCache {
  get(key: string): CachedVector | undefined;
  /** As `get`, but finding nothing is not counted: the caller asks again by `get`. */
  find(key: string): CachedVector | undefined;
  set(key: string, value: CachedVector): void;
  counts(): { readonly hits: number; readonly misses: number; readonly evictions: number };
  entries(): number;
  bytes(): number;
}

export interface CacheLimits {
  /** 0 turns the cache off. */
  readonly maxBytes: number;
  readonly maxEntries?: number | undefined;
}

/** What an entry takes: its vector, and 340 bytes more as measured, for its key, its objects and the list that it is in. */
const entryBytes = embeddingDimension * Float32Array.BYTES_PER_ELEMENT + 340;

/**
 * A hash, not the text: no prompt stays in memory, and a key cut from a request body would keep that body alive.
 * An embedder has one model and a cache of its own, so the model is no part of the key.
 */
export const cacheKey = (text: string): string => hash("sha256", text, "base64");

/** Entries are all of one size, so that a bound on their number is one on their bytes. */
export function vectorCache({ maxBytes, maxEntries = Infinity }: CacheLimits): VectorCache {
  const counts = { hits: 0, misses: 0, evictions: 0 };
  const evicted = (_value: CachedVector, _key: string, reason: LRUCache.DisposeReason) => {
    if (reason === "evict") counts.evictions++;
  };
  const max = Math.min(maxEntries, Math.floor(maxBytes / entryBytes));
  const recent =
    max > 0 ? new LRUCache<string, CachedVector>({ max, dispose: evicted }) : undefined;
  const entries = () => recent?.size ?? 0;
  return {
    get(key) {
      const found = recent?.get(key);
      counts[found ? "hits" : "misses"]++;
      return found;
    },
    find(key) {
      const found = recent?.get(key);
      if (found) counts.hits++;
      return found;
    },
    set(key, { vector, truncated }) {
      recent?.set(key, { vector, truncated });
    },
    counts: () => ({ ...counts }),
    entries,
    bytes: () => entries() * entryBytes,
  };
}

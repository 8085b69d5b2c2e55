import type { Availability } from "./circuit-breaker.ts";
import type { EmbedderIdentity } from "./embedder.ts";
import { openRedisCache } from "./redis-cache.ts";
import type { SharedCache } from "./shared-cache.ts";

/** What RouterConfig's `embedding.cache` says of the cache that replicas share. */
export interface SharedCacheConfig {
  readonly redis_url?: string | undefined;
  readonly ttl_seconds: number;
  readonly timeout_ms: number;
}

/** Opens it for an embedder; undefined where none is configured. */
export function configuredShared(
  { redis_url: url, ttl_seconds: ttlSeconds, timeout_ms: timeoutMs }: SharedCacheConfig,
  onStateChange?: (now: Availability) => void,
): ((identity: EmbedderIdentity) => Promise<SharedCache>) | undefined {
  if (url === undefined) return undefined;
  return (identity) => openRedisCache({ url, identity, ttlSeconds, timeoutMs, onStateChange });
}

import type { EmbedderOptions } from "./worker-embedder.ts";

/** The parts of RouterConfig that say how much an embedder may use. */
export interface LimitsConfig {
  readonly limits: {
    readonly max_waiting_texts: number;
    readonly cache_entries?: number | undefined;
  };
  readonly embedding?: {
    readonly workers?: number | undefined;
    readonly min_workers: number;
    readonly max_run_ms: number;
    readonly batch_tokens: number;
    readonly cache: { readonly max_mb: number };
  };
}

export const configuredLimits = ({
  limits,
  embedding,
}: LimitsConfig): Omit<EmbedderOptions, "folder"> => ({
  maxWaiting: limits.max_waiting_texts,
  cacheEntries: limits.cache_entries,
  ...(embedding && {
    workers: embedding.workers,
    minWorkers: embedding.min_workers,
    maxRunMs: embedding.max_run_ms,
    batchTokens: embedding.batch_tokens,
    cacheBytes: embedding.cache.max_mb * 2 ** 20,
  }),
});

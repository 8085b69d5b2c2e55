/** Every vector that signalbox routes on has this many numbers, whatever the embedder's own width. */
export const embeddingDimension = 1024;

/** What an artifact must share with the embedder it was trained on. */
export interface EmbedderIdentity {
  /** `minilm-2l`, `qwen3`, ... */
  readonly name: string;
  /** First 12 hex digits of the sha-256 of the model file. */
  readonly revision: string;
  /** Length of the vectors: 1024. */
  readonly dimension: number;
  readonly pooling: "mean" | "cls" | "last-token";
  /** Whether vectors have length 1 (L2). */
  readonly normalized: boolean;
}

export interface Embedding {
  /** Unit length, `dimension` numbers; the caller's own copy. */
  readonly vector: Float32Array;
  /** Tokens the model read, special tokens included; 0 when the vector came from the cache. */
  readonly tokens: number;
  /** The text was longer than the model reads; its head and tail were kept. */
  readonly truncated: boolean;
  readonly cached: boolean;
}

/** Counts since the start; read when metrics are scraped. */
export interface EmbedderStats {
  /** That the model embedded; those from the cache are not among them. */
  readonly texts: number;
  readonly tokens: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheEvictions: number;
  readonly cacheEntries: number;
  /** Texts that wait now or are in the model. */
  readonly waiting: number;
  readonly refused: number;
  readonly failed: number;
  /** Seconds spent inside the model. */
  readonly runSeconds: number;
}

export interface Embedder extends EmbedderIdentity {
  /**
   * Embeds `texts`, in their order.
   * Rejects with a RouterError: `embedder_overloaded` at once, and for all of `texts`, when the queue has no room for
   * them, `embedder_failed` when the model
   * throws or its worker dies, `embedder_stopped` after `close`; and with `signal.reason` when `signal` aborts.
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Embedding[]>;
  stats(): EmbedderStats;
  close(): Promise<void>;
}

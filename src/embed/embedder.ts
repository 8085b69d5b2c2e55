import type { Distribution } from "./distribution.ts";
import type { SharedCacheStats } from "./shared-cache.ts";

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
  /** `remote`: whatever the server does that embeds. */
  readonly pooling: "mean" | "cls" | "last-token" | "remote";
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
  /** No model ran for it: the vector was in this process's cache, or in the one that replicas share. */
  readonly cached: boolean;
  /** Absent when no model ran for it. */
  readonly queued?: QueueTimes;
}

/** When a text came into the queue, and when a model took it, as performance.now(). */
export interface QueueTimes {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What the cache keeps of a text. */
export type CachedEmbedding = Readonly<Pick<Embedding, "vector" | "truncated">>;

/** Counts since the start; read when metrics are scraped. */
export interface EmbedderStats {
  /** That the model embedded; those from the cache are not among them. */
  readonly texts: number;
  readonly tokens: number;
  /** The cache is the one in this process. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheEvictions: number;
  readonly cacheEntries: number;
  readonly cacheBytes: number;
  /** Texts that wait now or are in the model. */
  readonly waiting: number;
  readonly refused: number;
  readonly failed: number;
  /** Dropped before the model saw them, because every caller had gone. */
  readonly abandoned: number;
  /** Dropped before the model saw them, because their deadline had passed. */
  readonly expired: number;
  /** Seconds spent inside the model, on all workers together. */
  readonly runSeconds: number;
  /** What the runs of the model were like; absent from an embedder that has no queue. */
  readonly runs?: RunStats;
  /** Absent from an embedder that has no threads. */
  readonly workers?: WorkerStats;
  /** Absent where no cache is shared. */
  readonly shared?: SharedCacheStats;
}

export interface RunStats {
  /** From each text's arrival in the queue to its model. */
  readonly waitSeconds: Distribution;
  readonly texts: Distribution;
  /** That the model read, padding not counted. */
  readonly tokens: Distribution;
  readonly seconds: Distribution;
}

export interface WorkerStats {
  readonly configured: number;
  /** Warm, and able to take a text. */
  readonly alive: number;
  /** Threads started, or tried, in the place of one that was lost. */
  readonly restarts: number;
}

export interface Embedder extends EmbedderIdentity {
  /** Relative to the model's folder, such as `onnx/model_int8.onnx`; a server's is not known. */
  readonly modelFile?: string;
  /**
   * Embeds `texts`, in their order.
   * Rejects with a RouterError: `embedder_overloaded` at once, and for all of `texts`, when the queue has no room for
   * them, `embedder_failed` when the model
   * throws, its worker dies or none is alive, `embedder_stopped` after `close`, `deadline_exceeded` when the text still
   * waits at `deadlineAt`, a time of performance.now(); and with `signal.reason` when `signal` aborts. A deadline alone
   * does not end a run: who must answer in time aborts the signal as well.
   */
  embed(
    texts: readonly string[],
    signal?: AbortSignal,
    deadlineAt?: number,
  ): Promise<readonly Embedding[]>;
  /**
   * The vector of `text` where this process's cache has it, at once and not copied: it must not be written to. The same
   * object for as long as it is in the cache. Absent from an embedder that has no cache.
   */
  cached?(text: string): CachedEmbedding | undefined;
  stats(): EmbedderStats;
  close(): Promise<void>;
}

/** Vectors that replicas share. Whatever goes wrong with it costs a deadline at most, never a request. */
export interface SharedCache {
  /**
   * The vector of each key, in their order; undefined where there is none that can be used. Keys are what `cacheKey`
   * makes of a text; the cache adds the embedder's name and revision. Vectors are of unit length, 1024 numbers, the
   * caller's own, and each number is within 2^-11 of itself or 2^-25, as float16 keeps it. Never rejects, and never
   * takes longer than the cache's own deadline; `signal`'s abort ends it sooner, with what is undefined.
   */
  getMany(
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]>;
  /** Returns at once, and nothing says whether it was done: what cannot be kept is dropped and counted. */
  setMany(entries: readonly { readonly key: string; readonly vector: Float32Array }[]): void;
  stats(): SharedCacheStats;
  /** Lets the connection go; later gets find nothing and later sets do nothing. Never rejects. */
  close(): Promise<void>;
}

/** Counts since the start, of keys unless it says otherwise. */
export interface SharedCacheStats {
  readonly hits: number;
  /** Not there, or of a form that is not this embedder's. */
  readonly misses: number;
  /** Commands that the server refused or the connection lost, gets and sets, and values that could not be used. */
  readonly errors: number;
  /** Commands that the server did not answer within the deadline. */
  readonly timeouts: number;
  /** Not asked for, because the server failed lately. */
  readonly skipped: number;
  /** Given to the server. */
  readonly sets: number;
  /** Not given to it: too many were waiting, or it failed lately. */
  readonly dropped: number;
  readonly state: BreakerState;
}

/** `closed`: in use. `open`: not asked. `half-open`: one probe asks whether it answers again. */
export type BreakerState = "closed" | "open" | "half-open";

/** What the generator is asked to do. */
export interface LoadJob {
  readonly port: number;
  /** Kept alive; each carries one request at a time. */
  readonly connections: number;
  /** Sent in turn, from the first again after the last. */
  readonly bodies: readonly string[];
  readonly requests: number;
  /** Sends no more after this time, however many are left. */
  readonly limitSeconds?: number;
}

export interface LoadResult {
  /** As many as were sent. */
  readonly requests: number;
  readonly seconds: number;
  /** Answers other than 200 by status, and connections that broke under a request. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers that signalbox had named a model in. */
  readonly routed: number;
  /** Of those, answers of the default model because routing failed or came too late. */
  readonly defaulted: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

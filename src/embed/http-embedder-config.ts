import type { HttpModelOptions } from "./http-embedder-model.ts";

/** RouterConfig's `embedding.http`. */
export interface HttpEmbeddingConfig {
  readonly url: string;
  readonly api_key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly model: string;
  readonly timeout_ms: number;
  readonly dimensions?: number | undefined;
  readonly truncate: boolean;
  readonly encoding_format: "float" | "base64";
  readonly max_batch: number;
  readonly max_tokens: number;
  readonly query_prefix: string;
  readonly concurrency: number;
  readonly weights?: string | undefined;
}

export const configuredServer = (config: HttpEmbeddingConfig): HttpModelOptions => ({
  url: config.url,
  apiKey: config.api_key,
  headers: config.headers,
  model: config.model,
  timeoutMs: config.timeout_ms,
  dimensions: config.dimensions,
  truncate: config.truncate,
  encodingFormat: config.encoding_format,
  maxBatch: config.max_batch,
  maxTokens: config.max_tokens,
  prefix: config.query_prefix,
  concurrency: config.concurrency,
  weights: config.weights,
});

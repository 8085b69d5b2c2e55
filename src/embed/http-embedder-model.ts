import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { RouterError } from "../errors.ts";
import { type Availability, circuitBreaker } from "./circuit-breaker.ts";
import { type EmbedderIdentity, embeddingDimension } from "./embedder.ts";
import { type HttpClientOptions, httpClient } from "./http-embedder-client.ts";
import { HttpFault, httpTimeout } from "./http-embedder-post.ts";
import { packedAnswer } from "./http-embedder-vectors.ts";
import type { ModelPool, PooledModel } from "./model-pool.ts";
import type { Answer } from "./worker-messages.ts";

export interface HttpModelOptions extends HttpClientOptions {
  /** Cut vectors of more than 1024 numbers to their first 1024, which is right for Matryoshka models alone. */
  readonly truncate: boolean;
  /** A text longer than 8 characters for each is cut to its head and tail before it is sent. */
  readonly maxTokens: number;
  /** Put before every text, where the model's card tells to; part of the revision. */
  readonly prefix: string;
  /** Part of the revision: to be changed when the weights behind the model's name changed. */
  readonly weights?: string | undefined;
  /** For the log: whether the server is asked at all at the moment. */
  readonly onStateChange?: ((now: Availability) => void) | undefined;
  /** How long a server that is not there yet is waited for; 30 s. */
  readonly maxOpenMs?: number;
  /** Before the first probe of a server that failed; see `circuitBreaker`. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
}

/** `concurrency` models, which are one server; each may be in a run of its own. */
export interface HttpModel extends ModelPool {
  readonly identity: EmbedderIdentity;
}

/** What is embedded to see whether the server answers, and how. */
const probeText = "signalbox";

/** Failures in a row after which the server is left alone until it answers a probe. */
const maxFailures = 3;

/** Servers that start together find each other in this time; then whoever runs us starts us again. */
const defaultOpenMs = 30_000;
const firstOpenPauseMs = 250;
const maxOpenPauseMs = 4_000;

/**
 * A model behind an OpenAI-compatible `/v1/embeddings`, probed for its dimension: 1024 numbers are used as they are,
 * fewer are lifted as those of any embedder, more are cut where `truncate` allows it. All are made unit length.
 *
 * The revision is a hash of the model's name as asked for and as answered, of the dimension, `truncate`, `prefix` and
 * `weights`. Of no vector: servers give the same text slightly different ones by batch and hardware, and rounding only
 * makes that rare. So a server with other weights under the same name goes unnoticed unless `weights` is changed.
 *
 * After three failures in a row the server is left alone, texts are refused at once, and it is probed in the
 * background until it answers. Rejects with `embedder_failed` when the server gives no answer that can be used,
 * `artifact_incompatible` when its dimension does not fit, naming both sides, `config_invalid` for an unusable URL.
 */
export async function openHttpModel(options: HttpModelOptions): Promise<HttpModel> {
  const { model, concurrency, firstPauseMs = 250, maxPauseMs = 10_000 } = options;
  const client = httpClient(options);
  let listener: () => void = () => undefined;
  let failures = 0;
  let fault: RouterError | undefined;
  const breaker = circuitBreaker({
    probe,
    initially: "closed",
    onClosed: () => listener(),
    onChange: options.onStateChange,
    firstPauseMs,
    maxPauseMs,
  });

  async function probe(): Promise<string | undefined> {
    try {
      return packedAnswer(await client.embed([options.prefix + probeText]), options).faults[0];
    } catch (thrown) {
      return reasonOf(thrown);
    }
  }

  async function run(texts: readonly string[]): Promise<Answer> {
    const started = performance.now();
    try {
      const given = await client.embed(texts.map((text) => options.prefix + text));
      failures = 0;
      breaker.worked();
      const answer = packedAnswer(given, options, texts);
      return { ...answer, runMs: performance.now() - started };
    } catch (thrown) {
      const reason = reasonOf(thrown);
      fault = failed(reason);
      failures++;
      if (failures >= maxFailures) breaker.trip(reason);
      throw fault;
    }
  }

  const slot = (): PooledModel => ({
    isAlive: () => breaker.state() === "closed",
    run,
    fault: () => fault,
  });

  async function open(): Promise<{ readonly width: number; readonly model: string }> {
    const giveUpAt = performance.now() + (options.maxOpenMs ?? defaultOpenMs);
    for (let pauseMs = firstOpenPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxOpenPauseMs)) {
      try {
        const given = await client.embed([options.prefix + probeText]);
        const first = client.first();
        if (first) assertFits(first.width, options);
        const [unusable] = packedAnswer(given, options).faults;
        if (!first || unusable !== undefined) throw new HttpFault(unusable ?? "no embedding");
        return first;
      } catch (thrown) {
        if (!(thrown instanceof HttpFault)) throw thrown;
        const passes = thrown.passing || thrown.message === httpTimeout;
        if (!passes || performance.now() + pauseMs > giveUpAt) {
          throw failed(thrown.message, "Start the server first, or correct embedding.http");
        }
        await pause(pauseMs);
      }
    }
  }

  const first = await open().catch((thrown: unknown) => {
    client.close();
    throw thrown;
  });

  const { truncate, prefix, weights = "" } = options;
  const parts = [model, first.model, first.width, truncate, prefix, weights];
  const revision = hash("sha256", JSON.stringify(parts)).slice(0, 12);
  const identity: EmbedderIdentity = {
    name: `http:${model}`,
    revision,
    dimension: embeddingDimension,
    pooling: "remote",
    normalized: true,
  };
  return {
    identity,
    revision,
    exactBatches: true,
    flatCost: true,
    models: Array.from({ length: concurrency }, slot),
    onAlive(called) {
      listener = called;
    },
    async close() {
      breaker.stop();
      client.close();
    },
  };
}

/** The message of an HttpFault shows nothing of a request; that of a bug might. */
const reasonOf = (thrown: unknown): string =>
  thrown instanceof HttpFault ? thrown.message : "a fault of signalbox itself";

const failed = (
  reason: string,
  remedy = "Check the embedding server; it is asked again by itself",
): RouterError =>
  new RouterError(
    "embedder_failed",
    `the embedding server gave nothing that can be used: ${reason}`,
    remedy,
  );

function assertFits(width: number, { model, dimensions, truncate }: HttpModelOptions): void {
  const mismatch = (other: string, remedy: string) =>
    new RouterError(
      "artifact_incompatible",
      `embedding dimension mismatch: model ${model} of the embedding server gives ${width} numbers, ${other}`,
      remedy,
    );
  if (dimensions !== undefined && width !== dimensions) {
    throw mismatch(
      `embedding.http.dimensions asks for ${dimensions}`,
      "Remove dimensions, or use a model and a server that give as many as they are asked for",
    );
  }
  if (width > embeddingDimension && !truncate) {
    throw mismatch(
      `signalbox uses ${embeddingDimension}`,
      `Set embedding.http.dimensions: ${embeddingDimension}, or truncate: true if it is a Matryoshka model`,
    );
  }
}

import { setTimeout as pause } from "node:timers/promises";
import { RouterError } from "../errors.ts";
import { type EmbeddingsAnswer, readAnswer } from "./http-embedder-answer.ts";
import { endpointOf, HttpFault, post } from "./http-embedder-post.ts";

export interface HttpClientOptions {
  /** Of the API, such as https://api.openai.com/v1, or of its /embeddings. */
  readonly url: string;
  /** Sent as `authorization: Bearer`; shown nowhere. */
  readonly apiKey?: string | undefined;
  /** Sent beside our own; may hold secrets. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Asked for by this name. */
  readonly model: string;
  /** Asked of the server as `dimensions`. */
  readonly dimensions?: number | undefined;
  /** Base64 has fewer bytes, and not every server knows it. */
  readonly encodingFormat: "float" | "base64";
  /** For the answer to a request, a second attempt included. */
  readonly timeoutMs: number;
  /** Texts of one request. */
  readonly maxBatch: number;
  /** Requests at once. */
  readonly concurrency: number;
}

export interface HttpClient {
  /**
   * One request at a time, each of `maxBatch` texts. Rejects with an HttpFault, after `timeoutMs` at most for each
   * request; later where texts are refused and sent apart.
   */
  embed(texts: readonly string[]): Promise<EmbeddingsAnswer>;
  /** Numbers of a vector and the server's name for its model, once it has given one. */
  first(): { readonly width: number; readonly model: string } | undefined;
  close(): void;
}

/** Before a second attempt when the server does not say: long enough for a connection that was dropped. */
const retryPauseMs = 20;

/** A number in JSON has at most 24 characters; a vector wider than the widest known (16,384) is an error. */
const charsPerNumber = 26;
const maxWidth = 16_384;
const maxEnvelopeBytes = 64 * 1024;

/** Asks one server for embeddings; whatever differs from its first answer in model or width is a fault. */
export function httpClient(options: HttpClientOptions): HttpClient {
  const { model, dimensions, encodingFormat, timeoutMs, maxBatch } = options;
  const endpoint = endpointOf(embeddingsUrl(options.url), headersOf(options), options.concurrency);
  let first: { readonly width: number; readonly model: string } | undefined;

  /** One request, and another when the first failed for a passing reason and there is time for it. */
  async function ask(texts: readonly string[]): Promise<EmbeddingsAnswer> {
    const json = JSON.stringify({
      model,
      input: texts,
      encoding_format: encodingFormat,
      ...(dimensions !== undefined && { dimensions }),
    });
    const maxBytes = maxEnvelopeBytes + texts.length * (first?.width ?? maxWidth) * charsPerNumber;
    const started = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const attempt = async () =>
      readAnswer(await post(endpoint, json, maxBytes, signal), texts.length);
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof HttpFault) || !thrown.passing) throw thrown;
      const pauseMs = thrown.retryAfterMs ?? retryPauseMs;
      // Waiting for an answer that comes too late would only keep the caller from its default model.
      if (performance.now() - started + pauseMs >= timeoutMs) throw thrown;
      await pause(pauseMs);
      return await attempt();
    }
  }

  async function checked(texts: readonly string[]): Promise<EmbeddingsAnswer> {
    const answer = await ask(texts);
    const [vector] = answer.vectors;
    if (!first && typeof vector === "object") first = { width: vector.length, model: answer.model };
    if (first && answer.model !== first.model) {
      throw new HttpFault("an answer of another model than at the start; restart signalbox");
    }
    const vectors = answer.vectors.map((vector) =>
      typeof vector === "string" || vector.length === first?.width
        ? vector
        : `an embedding of ${vector.length} numbers, at the start they were ${first?.width}`,
    );
    return { ...answer, vectors };
  }

  /** As `checked`; a text that the server refuses must not fail those that happened to share its request. */
  async function apart(texts: readonly string[]): Promise<EmbeddingsAnswer> {
    try {
      return await checked(texts);
    } catch (thrown) {
      if (!(thrown instanceof HttpFault) || !thrown.refusesTexts || !first) throw thrown;
      if (texts.length > 1) return joined(await Promise.all(texts.map((text) => apart([text]))));
      return { model: first.model, vectors: [thrown.message], tokens: 0 };
    }
  }

  return {
    async embed(texts) {
      const answers: EmbeddingsAnswer[] = [];
      // One after the other: together they would wait for connections, and their time would run out meanwhile.
      for (let at = 0; at < texts.length; at += maxBatch) {
        answers.push(await apart(texts.slice(at, at + maxBatch)));
      }
      return joined(answers);
    },
    first: () => first,
    close: () => endpoint.agent.destroy(),
  };
}

/** Throws RouterError `config_invalid`, without the URL, which may hold a password. */
function embeddingsUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new RouterError(
      "config_invalid",
      "the URL of the embedding server is not http:// or https://, or holds a password",
      "Correct embedding.http.url; write a key as api_key",
    );
  }
  if (!url.pathname.endsWith("/embeddings")) {
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/embeddings`;
  }
  return url;
}

function headersOf({ apiKey, headers }: HttpClientOptions): Record<string, string> {
  const key = apiKey?.trim();
  return { ...(key && { authorization: `Bearer ${key}` }), ...headers };
}

function joined(answers: readonly EmbeddingsAnswer[]): EmbeddingsAnswer {
  return {
    model: answers[0]?.model ?? "",
    vectors: answers.flatMap(({ vectors }) => vectors),
    tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

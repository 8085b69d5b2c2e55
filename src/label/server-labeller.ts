import { domainNames } from "../domains.ts";
import { RouterError } from "../errors.ts";
import { retryAfterMs } from "../hub/retry.ts";
import type { Labeller } from "./labeller.ts";

export interface ServerOptions {
  /** Of a router's HTTP API, such as http://localhost:8080. */
  readonly url: string;
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** Before the first of them; each next one waits twice as long. */
  readonly retryDelayMs: number;
}

/** As the reference's tool waits. */
const timeoutMs = 30_000;
const healthTimeoutMs = 5_000;

/** A server that asks for more is not waited for: the row is left without category, and another run asks again. */
const maxRetryAfterMs = 120_000;

/** The answer to one text has some hundred bytes. */
const maxAnswerBytes = 1024 * 1024;

/** The server may do better the next time. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Asks `/api/v1/classify/intent` of a signalbox or of the reference. Rejects with RouterError `config_invalid` for an
 * address that is none, `label_server_failed` when nobody answers there.
 */
export async function openServerLabeller(options: ServerOptions): Promise<Labeller> {
  const base = baseOf(options.url);
  const retried = <T>(signal: AbortSignal | undefined, attempt: () => Promise<T>) =>
    withRetries(attempt, options, signal);
  try {
    await retried(undefined, () => ask(`${base}/health`, {}, healthTimeoutMs));
  } catch (cause) {
    throw unreachable(base, cause);
  }

  function label(text: string, signal: AbortSignal): Promise<string> {
    const request = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
    };
    return retried(signal, async () =>
      domainOf(await ask(`${base}/api/v1/classify/intent`, request, timeoutMs, signal)),
    );
  }
  return { by: base, label, close: async () => undefined };
}

/** Gone the next time, perhaps. */
class PassingFault extends Error {
  readonly waitMs: number;
  constructor(reason: string, waitMs = 0, options?: ErrorOptions) {
    super(reason, options);
    this.waitMs = waitMs;
  }
}

async function withRetries<T>(
  attempt: () => Promise<T>,
  { maxRetries, retryDelayMs }: ServerOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (thrown) {
      signal?.throwIfAborted();
      const last = retries >= maxRetries || !(thrown instanceof PassingFault);
      if (last || thrown.waitMs > maxRetryAfterMs) throw thrown;
      // Some more, so that requests which were refused together do not come back together.
      const delayMs = retryDelayMs * 2 ** retries * (1 + Math.random() / 4);
      await pause(Math.max(thrown.waitMs, Math.min(delayMs, maxRetryAfterMs)), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** The text of an answer with status 200. */
async function ask(
  url: string,
  request: RequestInit,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<string> {
  const timeout = AbortSignal.timeout(patienceMs);
  const aborts = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let response: Response;
  try {
    response = await fetch(url, { ...request, signal: aborts });
    if (response.ok) return await bounded(response);
    await response.body?.cancel();
  } catch (cause) {
    if (cause instanceof TooLong) throw cause;
    const reason = timeout.aborted ? `silent for ${patienceMs / 1000} s` : reasonOf(cause);
    throw new PassingFault(`the connection failed (${reason})`, 0, { cause });
  }
  const reason = `it answered ${response.status}`;
  if (!passing.has(response.status)) throw new Error(reason);
  throw new PassingFault(reason, retryAfterMs(response.headers));
}

class TooLong extends Error {}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes)
      throw new TooLong(`its answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What undici hides under `fetch failed`. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause ? String(cause.code) : cause.message;
}

const known: ReadonlySet<string> = new Set(domainNames);

/**
 * The domain in an answer. `matched_signals.domains` goes first: when a decision matches, the reference puts the
 * decision's name into `category`, with which a selector can learn nothing.
 */
function domainOf(answer: string): string {
  let body: unknown;
  try {
    body = JSON.parse(answer);
  } catch {
    throw new PassingFault("its answer is not JSON");
  }
  const { classification, matched_signals } = (body ?? {}) as {
    classification?: { category?: unknown };
    matched_signals?: { domains?: unknown };
  };
  const domains = matched_signals?.domains;
  const named = [...(Array.isArray(domains) ? domains : []), classification?.category]
    .filter((name) => typeof name === "string")
    .map((name) => name.trim().toLowerCase());
  const domain = named.find((name) => known.has(name));
  if (domain !== undefined) return domain;
  throw new Error("it names none of the 14 domains");
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && !url.username && !url.password && !url.search && !url.hash;
  if (plain && ["http:", "https:"].includes(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new RouterError(
    "config_invalid",
    "--vsr-url is no http or https address, or holds a user or a query",
    "Give the address of a router's HTTP API, such as http://localhost:8080",
  );
}

const unreachable = (base: string, cause: unknown) =>
  new RouterError(
    "label_server_failed",
    `${base}/health: ${cause instanceof Error ? cause.message : String(cause)}`,
    "Start signalbox serve there, correct --vsr-url, or label with --local, which needs no server",
    { cause },
  );

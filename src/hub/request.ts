import { RouterError } from "../errors.ts";
import { PassingFault, type Patience, retryAfterMs } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

export interface HubRequest {
  readonly settings: HubSettings;
  readonly patience: Patience;
  /** Names what is asked for, for errors; never an address, which may carry a signature. */
  readonly what: string;
  readonly method?: "GET" | "HEAD" | "POST" | "PUT";
  /** Sent again with every attempt. */
  readonly body?: string | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  /** From this byte on. */
  readonly from?: number;
  /** HEAD wants the hub's own answer: where it redirects to knows nothing of hashes. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface HubResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body. Rejects with a PassingFault when the connection breaks, or is silent for too long. */
  chunks(): AsyncGenerator<Uint8Array>;
}

const maxRedirects = 5;

/** The server may do better the next time. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * One request to the hub, redirects followed. The token is for the hub alone: a redirect to another origin, such as the
 * network that keeps the files, goes without it, and a body does not go there at all. Rejects with a PassingFault when
 * another attempt makes sense, else with RouterError `download_failed` or `model_not_found`, or `upload_failed` where
 * there is a body.
 */
export async function hubRequest(url: string, request: HubRequest): Promise<HubResponse> {
  const { settings, what, follow = true } = request;
  const upload = request.body !== undefined;
  const code = upload ? "upload_failed" : "download_failed";
  if (settings.offline) throw offline(what, code);
  let next = new URL(url);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const { response, chunks } = await send(next, request);
    const location = response.headers.get("location");
    const redirected = response.status >= 300 && response.status < 400 && location !== null;
    if (!redirected || (!follow && new URL(location, next).origin !== next.origin)) {
      if (response.ok || redirected) {
        return { status: response.status, headers: response.headers, chunks };
      }
      await response.body?.cancel();
      throw upload ? notTaken(response, what) : refused(response, what);
    }
    await response.body?.cancel();
    const target = new URL(location, next);
    if (target.protocol !== next.protocol && target.protocol !== "https:") {
      const reason = `redirected from ${next.protocol} to ${target.protocol}`;
      throw failed(what, reason, checkEndpoint, code);
    }
    if (upload && target.origin !== next.origin) {
      throw failed(what, `redirected to ${target.host}`, checkEndpoint, code);
    }
    next = target;
  }
  throw failed(what, `redirected more than ${maxRedirects} times`, checkEndpoint, code);
}

async function send(url: URL, { settings, patience, what, ...request }: HubRequest) {
  const { method = "GET", from = 0, body, signal } = request;
  const silenceMs = patience.silenceMs + secondsFor(body) * 1000;
  const trusted = url.origin === new URL(settings.endpoint).origin;
  const headers = {
    // A compressed body could be neither resumed nor measured.
    "accept-encoding": "identity",
    "user-agent": "signalbox",
    ...(from > 0 && { range: `bytes=${from}-` }),
    ...(trusted && settings.token && { authorization: `Bearer ${settings.token}` }),
    ...request.headers,
  };
  const silence = new AbortController();
  const aborts = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;

  /** What `work` gives, unless nothing is heard for too long. */
  async function heard<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => silence.abort(), silenceMs);
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      const reason = silence.signal.aborted
        ? `${url.host} was silent for ${silenceMs / 1000} s`
        : `the connection to ${url.host} failed (${reasonOf(cause)})`;
      throw new PassingFault(reason, undefined, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  const response = await heard(() =>
    fetch(url, { method, headers, redirect: "manual", signal: aborts, ...(body && { body }) }),
  );
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        const { value, done } = await heard(() => reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      // Whoever stops half way must not leave the connection open.
      await reader.cancel().catch(() => undefined);
    }
  }
  return { response, chunks };
}

/** The slowest line on which an upload is waited for: no answer comes before the whole body went. */
const minBytesPerSecond = 64 * 1024;

const secondsFor = (body: string | Blob = ""): number =>
  Math.ceil((typeof body === "string" ? body.length : body.size) / minBytesPerSecond);

/** What undici hides under `fetch failed`: ECONNREFUSED, ENOTFOUND, a certificate. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return String(cause);
}

function refused({ status, headers }: Response, what: string): Error {
  const answer = `the hub answered ${status}`;
  if (passing.has(status)) return new PassingFault(answer, retryAfterMs(headers));
  if (status === 401 || status === 403) {
    const remedy =
      "Correct its name, or set HF_TOKEN to a token that may read it; for a gated model accept its terms first";
    return failed(what, answer, remedy);
  }
  if (status === 404) {
    return new RouterError(
      "model_not_found",
      `pretrained model not found: ${what}: ${answer}`,
      "Correct the name or the revision after @",
    );
  }
  return failed(what, answer, checkEndpoint);
}

function notTaken({ status, headers }: Response, what: string): Error {
  const answer = `the hub answered ${status}`;
  if (passing.has(status)) return new PassingFault(answer, retryAfterMs(headers));
  const remedy = [401, 403, 404].includes(status)
    ? "Correct the name, or set HF_TOKEN to a token that may write it"
    : checkEndpoint;
  return failed(what, answer, remedy, "upload_failed");
}

const checkEndpoint = "Check HF_ENDPOINT and what stands between here and the hub";

type Code = "download_failed" | "upload_failed";

const failed = (what: string, reason: string, remedy: string, code: Code = "download_failed") =>
  new RouterError(code, `${what}: ${reason}`, remedy);

const offline = (what: string, code: Code) =>
  failed(
    what,
    "HF_HUB_OFFLINE forbids every connection",
    "Unset HF_HUB_OFFLINE, or copy the files from another machine",
    code,
  );

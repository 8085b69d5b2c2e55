import { RouterError } from "../errors.ts";

/** How long to wait for what, in milliseconds; the tests wait less. */
export interface Patience {
  /** For a response to begin, and for each next piece of it. */
  readonly silenceMs: number;
  /** Before each further attempt; their number bounds the attempts that bring nothing. */
  readonly pausesMs: readonly number[];
  /** A server that asks for more than this is not waited for. */
  readonly maxRetryAfterMs: number;
}

export const defaultPatience: Patience = {
  silenceMs: 30_000,
  pausesMs: [1_000, 2_000, 4_000, 8_000, 16_000],
  // The hub counts in windows of five minutes.
  maxRetryAfterMs: 330_000,
};

/** Something that may be gone the next time: a full server, a broken connection, silence. */
export class PassingFault extends Error {
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: string, retryAfterMs?: number, options?: ErrorOptions) {
    super(reason, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Each attempt may bring a download a little further, so their number has a bound of its own. */
const maxAttempts = 100;

/**
 * Runs `attempt` until it ends otherwise than by a PassingFault. The pauses grow while attempts bring nothing and
 * start again when one brought something (`progressed`). Rejects with RouterError `download_failed` (or `upload_failed`) when they are used
 * up, and with the signal's reason when it aborts.
 */
export async function withRetries<T>(
  what: string,
  attempt: (signal?: AbortSignal) => Promise<T>,
  { patience, signal, progressed = () => false, upload = false }: RetryOptions,
): Promise<T> {
  let fruitless = 0;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt(signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof PassingFault)) throw thrown;
      if (progressed()) fruitless = 0;
      const { message, retryAfterMs = 0 } = thrown;
      const pauseMs = patience.pausesMs[fruitless++];
      const tooLong = retryAfterMs > patience.maxRetryAfterMs;
      if (pauseMs === undefined || tooLong || attempts >= maxAttempts) {
        const tried = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
        const asked = tooLong ? `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s` : "";
        throw new RouterError(
          upload ? "upload_failed" : "download_failed",
          `${what}: ${message}, after ${tried}${asked}`,
          `Try again later: what was ${upload ? "up" : "down"}loaded is kept. Check HF_ENDPOINT and the network if it stays so`,
          { cause: thrown },
        );
      }
      // Some more, so that replicas which were refused together do not come back together.
      await pause(Math.max(retryAfterMs, pauseMs * (1 + Math.random() / 4)), signal);
    }
  }
}

export interface RetryOptions {
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
  /** Whether the attempt that failed brought anything. */
  readonly progressed?: () => boolean;
  /** What was tried; without it, a download. */
  readonly upload?: boolean;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * How long a server that refused asks to wait: the header Retry-After (seconds or a date), else the hub's RateLimit, such
 * as `"resolvers";r=0;t=55`: nothing remains, and 55 s are left of the window.
 */
export function retryAfterMs(headers: Headers, now = Date.now()): number | undefined {
  const header = headers.get("retry-after") ?? "";
  const seconds = header.trim() === "" ? Number.NaN : Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const [, left] = /;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)/.exec(headers.get("ratelimit") ?? "") ?? [];
  return left === undefined ? undefined : Number(left) * 1000;
}

import { ChatFault } from "./chat-fault.ts";
import { type ChatRequest, type Connection, postChat, type TimedAnswer } from "./post-chat.ts";

/** A server that many ask at once: what one is told to wait, all wait. */
export interface Server extends Connection {
  notBefore: number;
}

export interface Stop {
  /** No new request; those under way may end. */
  readonly soon: AbortSignal;
  /** Nothing may go on. */
  readonly now: AbortSignal;
}

/** A server that asks for more than this is not waited for. */
const maxRetryAfterMs = 300_000;
const firstPauseMs = 500;
const maxPauseMs = 30_000;

/**
 * The answer, with the seconds of the attempt that brought it: neither earlier attempts nor pauses count. Rejects with
 * the last ChatFault when `retries` further attempts did not help, and with the signal's reason when the run stops
 * before there is an answer.
 */
export async function ask(
  server: Server,
  request: Omit<ChatRequest, "signal">,
  { retries, stop }: { readonly retries: number; readonly stop: Stop },
): Promise<TimedAnswer> {
  for (let attempt = 0; ; attempt++) {
    await pauseUntil(() => server.notBefore, stop.soon);
    try {
      return await postChat(server, { ...request, signal: stop.now });
    } catch (thrown) {
      if (!(thrown instanceof ChatFault)) throw thrown;
      const { passing, retryAfterMs } = thrown;
      const tooLong = retryAfterMs !== undefined && retryAfterMs > maxRetryAfterMs;
      if (!passing || attempt >= retries || tooLong) throw thrown;
      stop.soon.throwIfAborted();
      if (retryAfterMs !== undefined) {
        server.notBefore = Math.max(server.notBefore, Date.now() + retryAfterMs);
      } else {
        const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** attempt);
        // Some more, so that those which were refused together do not come back together.
        const until = Date.now() + pauseMs * (1 + Math.random() / 4);
        await pauseUntil(() => until, stop.soon);
      }
    }
  }
}

/** The time may move while it is waited for. */
async function pauseUntil(until: () => number, signal: AbortSignal): Promise<void> {
  for (let ms = until() - Date.now(); ms > 0; ms = until() - Date.now()) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    });
  }
  signal.throwIfAborted();
}

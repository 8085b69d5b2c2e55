import { defaultChoice } from "./choose.ts";
import { cutMiddle } from "./embed/cut-middle.ts";
import { RouterError } from "./errors.ts";
import { type Route, route } from "./route.ts";
import type { Router } from "./router.ts";

/**
 * Routes the first and last of `query`, limits.max_query_chars together, within `limitMs`, limits.deadline_ms by
 * default, and never rejects: whatever fails, or takes longer, ends as the default model with the error's code as the
 * reason. So does what nobody waits for any more, when `signal` aborts.
 */
export async function routeOrDefault(
  router: Router,
  query: string,
  limitMs: number = router.config.limits.deadline_ms,
  signal?: AbortSignal,
): Promise<Route> {
  const started = performance.now();
  const deadline = new AbortController();
  const giveUp = () => deadline.abort(signal?.reason);
  signal?.addEventListener("abort", giveUp);
  const timer = setTimeout(() => {
    deadline.abort(
      new RouterError(
        "deadline_exceeded",
        `Routing took longer than ${limitMs} ms`,
        "Add replicas or CPU, or raise limits.deadline_ms together with Envoy's message_timeout",
      ),
    );
  }, limitMs);
  try {
    signal?.throwIfAborted();
    if (query === "") {
      throw new RouterError("no_text", "No message holds text", "Send text in a user message");
    }
    const text = cutMiddle(query, router.config.limits.max_query_chars);
    // The race is for an embedder that hangs and ignores the signal.
    const routed = route(router, text, deadline.signal, started + limitMs);
    const found = await Promise.race([routed, aborted(deadline.signal)]);
    return text === query ? found : { ...found, truncated: true };
  } catch (thrown) {
    const fault = RouterError.from(thrown);
    const total = performance.now() - started;
    return {
      ...defaultChoice(router, fault.code),
      fault,
      confidence: 0,
      domains: [],
      matchedRules: [],
      cached: false,
      truncated: false,
      timingsMs: { embed: 0, classify: 0, decide: 0, select: 0, total },
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

import type { Stop } from "../chat/ask.ts";

/** The first SIGINT or SIGTERM lets requests under way end, the second does not. */
export function stopOnSignal(onFirst: () => void): {
  readonly stop: Stop;
  readonly release: () => void;
} {
  const soon = new AbortController();
  const now = new AbortController();
  const onSignal = (): void => {
    if (soon.signal.aborted) now.abort();
    else onFirst();
    soon.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    stop: { soon: soon.signal, now: now.signal },
    release: () => process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}

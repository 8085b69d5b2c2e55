import { RouterError } from "../errors.ts";

/** What `work` gives, unless SIGINT or SIGTERM aborts its signal. */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(stopped());
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

const stopped = () =>
  new RouterError(
    "download_failed",
    "the download was stopped",
    "Run the command again: it continues where it stopped",
  );

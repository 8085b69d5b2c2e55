import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";

/** Long enough for a loaded CI machine; a start that takes longer is a failure to report, not to wait for. */
const patienceMs = 30_000;
const everyMs = 20;

/** Asks `ready` again and again. A child that ends or takes too long is ended, and its last words are the error. */
export async function waitUntil(
  ready: () => Promise<boolean>,
  child: Child,
  limitMs = patienceMs,
): Promise<void> {
  const started = performance.now();
  while (!(await ready().catch(() => false))) {
    const ended = child.exit();
    const late = performance.now() - started > limitMs;
    if (ended || late) {
      const what = ended
        ? `ended with ${ended.code ?? ended.signal}`
        : `not ready in ${limitMs} ms`;
      await child.stop(0);
      throw new Error(`${child.name} ${what}. Its last words:\n${child.output().slice(-4000)}`);
    }
    await sleep(everyMs);
  }
}

/** Whether a GET of `url` is answered 200. */
export async function isOk(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
  await answer.body?.cancel();
  return answer.ok;
}

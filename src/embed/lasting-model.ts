import type { PooledModel } from "./model-pool.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Answer } from "./worker-messages.ts";

/** A model that outlives its thread. */
export interface LastingModel extends PooledModel {
  /** Settles as the first start does; later ones are tried for as long as it takes. */
  readonly opened: Promise<void>;
  /** Whether its thread is open. What comes while it is not is better off elsewhere: a start outlasts a deadline. */
  isAlive(): boolean;
  /** One call at a time, and only while it is alive. Rejects with `embedder_failed` when the thread is lost. */
  run(texts: readonly string[]): Promise<Answer>;
  /** Starts after the first. */
  restarts(): number;
  /** What ended its last thread, or prevented the next one; undefined before. */
  fault(): unknown;
  close(): Promise<void>;
}

export interface LastingOptions {
  /** Called whenever a thread has opened. */
  readonly onAlive?: () => void;
  /** Called whenever one was lost or did not open. */
  readonly onLost?: (reason: unknown) => void;
  readonly pausesMs?: readonly number[] | undefined;
}

/** The first restart is free, so that one accident costs a quarter of a second; a model that never opens costs little. */
const defaultPausesMs: readonly number[] = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

export function lastingModel(
  start: (closing: AbortSignal) => Promise<ModelThread>,
  { onAlive, onLost, pausesMs = defaultPausesMs }: LastingOptions = {},
): LastingModel {
  let thread: ModelThread | undefined;
  let opening: Promise<void>;
  let pause: NodeJS.Timeout | undefined;
  let lossesInARow = 0;
  let restarts = 0;
  let fault: unknown;
  const closing = new AbortController();

  async function open(): Promise<void> {
    const opened = await start(closing.signal);
    thread = opened;
    void opened.ended.then((reason) => lose(opened, reason));
    onAlive?.();
  }

  /** A run may tell of the loss before the thread does. */
  function lose(lost: ModelThread, reason: unknown): void {
    if (thread !== lost) return;
    thread = undefined;
    replace(reason);
  }

  function replace(reason: unknown): void {
    fault = reason;
    if (closing.signal.aborted) return;
    onLost?.(reason);
    const pauseMs = pausesMs[Math.min(lossesInARow++, pausesMs.length - 1)] ?? 0;
    if (pauseMs === 0) restart();
    else pause = setTimeout(restart, pauseMs).unref();
  }

  function restart(): void {
    restarts++;
    opening = open().catch(replace);
  }

  const opened = open();
  opening = opened.catch(replace);

  return {
    opened,
    isAlive: () => thread !== undefined,
    async run(texts) {
      const asked = thread;
      if (!asked) throw fault ?? new Error("unreachable: a model is asked only while it is alive");
      try {
        const answer = await asked.run(texts);
        lossesInARow = 0;
        return answer;
      } catch (thrown) {
        lose(asked, thrown);
        throw thrown;
      }
    },
    restarts: () => restarts,
    fault: () => fault,
    async close() {
      closing.abort();
      clearTimeout(pause);
      await thread?.stop();
      await opening;
    },
  };
}

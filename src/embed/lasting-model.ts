import { RouterError } from "../errors.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Answer, ModelFacts } from "./worker-messages.ts";

/** A model that outlives its thread. */
export interface LastingModel extends ModelFacts {
  /** One call at a time. Rejects with `embedder_failed` when the thread is lost, or there is none at the moment. */
  run(texts: readonly string[]): Promise<Answer>;
  close(): Promise<void>;
}

/** The first restart is free, so that one accident costs a quarter of a second; a model that never opens costs little. */
const defaultPausesMs: readonly number[] = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

/** Rejects when the first thread does not open; later ones are tried for as long as it takes. */
export async function openLastingModel(
  start: () => Promise<ModelThread>,
  pausesMs = defaultPausesMs,
): Promise<LastingModel> {
  const first = await start();
  const { revision, exactBatches } = first;
  /** Undefined during a pause: what comes then is refused at once, its deadline is shorter than the pause. */
  let thread: Promise<ModelThread | undefined> | undefined;
  let pause: NodeJS.Timeout | undefined;
  let lossesInARow = 0;
  let fault: unknown;
  let closed = false;

  function use(opening: Promise<ModelThread>): void {
    thread = opening.catch((thrown: unknown) => {
      fault = thrown;
      return undefined;
    });
    void thread.then((opened) => opened?.ended).then(restart);
  }

  function restart(): void {
    if (closed) return;
    const pauseMs = pausesMs[Math.min(lossesInARow++, pausesMs.length - 1)] ?? 0;
    if (pauseMs === 0) {
      use(startAgain());
      return;
    }
    thread = undefined;
    pause = setTimeout(() => use(startAgain()), pauseMs).unref();
  }

  /** The files may have changed meanwhile, and vectors of two models must not meet in one cache. */
  async function startAgain(): Promise<ModelThread> {
    const again = await start();
    if (again.revision === revision && !closed) return again;
    await again.stop();
    throw new RouterError(
      "artifact_incompatible",
      `the embedder was opened at revision ${revision}, its folder now holds ${again.revision}`,
      "Restart signalbox to use the new files, after training the selectors on them",
    );
  }

  use(Promise.resolve(first));

  return {
    revision,
    exactBatches,
    async run(texts) {
      const opened = await thread;
      if (!opened) {
        throw new RouterError(
          "embedder_failed",
          "the embedder's thread ended and could not be started again yet",
          "Wait for the next attempt; the cause says what prevented the last one",
          { cause: fault },
        );
      }
      const answer = await opened.run(texts);
      lossesInARow = 0;
      return answer;
    },
    async close() {
      closed = true;
      clearTimeout(pause);
      await (await thread)?.stop();
    },
  };
}

import { RouterError } from "../errors.ts";
import type { Availability } from "./circuit-breaker.ts";
import type { WorkerStats } from "./embedder.ts";
import { lastingModel } from "./lasting-model.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Answer, ModelFacts } from "./worker-messages.ts";

/** Models that are all alike, each asked for one batch at a time. */
export interface ModelPool extends ModelFacts {
  /** Dead ones among them: they come back. */
  readonly models: readonly PooledModel[];
  /** A batch takes about as long as one text, so that time is no reason to keep batches small. */
  readonly flatCost?: boolean;
  /** Calls `listener`, the only one, whenever a model can be asked that could not. */
  onAlive(listener: () => void): void;
  /** Absent when the models are no threads of this process. */
  stats?(): WorkerStats;
  close(): Promise<void>;
}

export interface PooledModel {
  /** Whether it can be asked. */
  isAlive(): boolean;
  /** Rejects with `embedder_failed`. */
  run(texts: readonly string[]): Promise<Answer>;
  /** Why it is not alive, or was not last time. */
  fault?(): unknown;
}

export interface PoolOptions {
  /** Threads, at least 1. */
  readonly workers: number;
  /** Of `workers`, how many are warm when the pool is open; the others follow. */
  readonly minWorkers: number;
  /** For the log: called, once the pool is open, when a thread is lost or cannot open, and when one opens after that. */
  readonly onStateChange?: ((now: Availability) => void) | undefined;
  readonly pausesMs?: readonly number[];
}

/**
 * Starts all threads at once. Rejects, with the RouterError of one of them, as soon as `minWorkers` cannot be reached.
 * Later a thread that does not open, or is lost, is tried again for as long as it takes, and the others go on.
 */
export async function openModelPool(
  start: (closing: AbortSignal) => Promise<ModelThread>,
  { workers, minWorkers, onStateChange, pausesMs }: PoolOptions,
): Promise<ModelPool> {
  let facts: ModelFacts | undefined;
  let listener: () => void = () => undefined;
  let isOpen = false;

  /** The files may have changed meanwhile, and vectors of two models must not meet in one cache. */
  async function startAlike(closing: AbortSignal): Promise<ModelThread> {
    const thread = await start(closing);
    facts ??= { revision: thread.revision, exactBatches: thread.exactBatches };
    if (thread.revision === facts.revision) return thread;
    await thread.stop();
    throw new RouterError(
      "artifact_incompatible",
      `the embedder was opened at revision ${facts.revision}, its folder now holds ${thread.revision}`,
      "Restart signalbox to use the new files, after training the selectors on them",
    );
  }

  const models = Array.from({ length: workers }, () => {
    let isLost = false;
    return lastingModel(startAlike, {
      pausesMs,
      onAlive() {
        listener();
        if (isLost) onStateChange?.({ state: "closed" });
        isLost = false;
      },
      onLost(reason) {
        if (isOpen) onStateChange?.({ state: "open", reason: RouterError.from(reason).detail });
        isLost = isOpen;
      },
    });
  });
  async function close(): Promise<void> {
    await Promise.all(models.map((model) => model.close()));
  }
  const openings = models.map(({ opened }) => opened);
  await enough(openings, Math.min(minWorkers, workers)).catch(async (thrown: unknown) => {
    await close();
    throw thrown;
  });
  if (!facts) throw new Error("unreachable: a model that opened has said what it is");
  isOpen = true;

  return {
    ...facts,
    models,
    onAlive(called) {
      listener = called;
    },
    stats: () => ({
      configured: workers,
      alive: models.filter((model) => model.isAlive()).length,
      restarts: models.reduce((sum, model) => sum + model.restarts(), 0),
    }),
    close,
  };
}

/** Resolves when `needed` have; rejects, with the reason of the last one, when too many did not. */
function enough(promises: readonly Promise<unknown>[], needed: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = needed;
    let spare = promises.length - needed;
    const arrived = () => {
      if (--missing === 0) resolve();
    };
    const failed = (reason: unknown) => {
      if (--spare < 0) reject(reason);
    };
    for (const promise of promises) promise.then(arrived, failed);
  });
}

import { RouterError } from "../errors.ts";
import { embeddingDimension } from "./embedder.ts";
import type { LastingModel } from "./lasting-model.ts";
import { nextBatch } from "./next-batch.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** A text and what it is known by: equal keys mean equal texts. */
export interface Entry {
  readonly key: string;
  readonly text: string;
}

export interface Computed {
  readonly vector: Float32Array;
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface EmbedQueue {
  /** In the order of `entries`. Rejects as `Embedder.embed` does. */
  compute(entries: readonly Entry[], signal?: AbortSignal): Promise<readonly Computed[]>;
  counts(): {
    readonly texts: number;
    readonly tokens: number;
    readonly waiting: number;
    readonly failed: number;
    readonly runSeconds: number;
  };
  /** Rejects what waits, and what is in the model. */
  stop(fault: RouterError): void;
}

/** One text that somebody waits for, however many do. */
interface Job extends PromiseWithResolvers<Computed>, Entry {
  /** Calls that still want it. */
  callers: number;
}

/**
 * Joins waiting texts into the model's next call. There is no timer: an idle model starts at once, and the busier it
 * is the larger its batches become. `onComputed` learns of every vector, also when nobody wants it any more.
 */
export function embedQueue(
  model: LastingModel,
  maxWaiting: number,
  onComputed: (key: string, computed: Computed) => void,
): EmbedQueue {
  // In order of arrival, as a Map keeps it.
  const waiting = new Map<string, Job>();
  let running: ReadonlyMap<string, Job> = new Map();
  let busy = false;
  const counts = { texts: 0, tokens: 0, failed: 0, runSeconds: 0 };

  const inFlight = (key: string) => running.get(key) ?? waiting.get(key);

  async function compute(entries: readonly Entry[], signal?: AbortSignal) {
    const added = new Set(entries.map(({ key }) => key).filter((key) => !inFlight(key))).size;
    if (added > 0 && waiting.size + added > maxWaiting) {
      throw overloaded(waiting.size, added, maxWaiting);
    }
    const jobs = entries.map(join);
    void work();
    try {
      return await unlessAborted(Promise.all(jobs.map(({ promise }) => promise)), signal);
    } finally {
      jobs.forEach(leave);
    }
  }

  function join({ key, text }: Entry): Job {
    let job = inFlight(key);
    if (!job) {
      job = { ...Promise.withResolvers<Computed>(), key, text, callers: 0 };
      // Its callers may all be gone when it fails.
      job.promise.catch(() => undefined);
      waiting.set(key, job);
    }
    job.callers++;
    return job;
  }

  /** A caller that gives up must not cancel the others; what nobody wants any more must not cost anything. */
  function leave(job: Job): void {
    job.callers--;
    if (job.callers === 0 && waiting.get(job.key) === job) waiting.delete(job.key);
  }

  /** The one owner of the model: runs until nothing waits. */
  async function work(): Promise<void> {
    if (busy) return;
    busy = true;
    while (waiting.size > 0) {
      const batch = nextBatch(waiting.values(), model.exactBatches);
      for (const { key } of batch) waiting.delete(key);
      running = new Map(batch.map((job) => [job.key, job]));
      try {
        const answer = await model.run(batch.map(({ text }) => text));
        counts.runSeconds += answer.runMs / 1000;
        batch.forEach((job, index) => {
          const at = index * embeddingDimension;
          const vector = answer.vectors.slice(at, at + embeddingDimension);
          const [tokens = 0, truncated = false] = [answer.tokens[index], answer.truncated[index]];
          const fault = answer.faults[index];
          if (fault === undefined) resolve(job, { vector, tokens, truncated });
          else reject([job], unreadable(fault));
        });
      } catch (thrown) {
        // The thread is gone. What waits has a deadline shorter than a start, so it is refused with the batch.
        reject([...batch, ...waiting.values()], RouterError.from(thrown));
      }
      running = new Map();
    }
    busy = false;
  }

  function resolve(job: Job, computed: Computed): void {
    counts.texts++;
    counts.tokens += computed.tokens;
    onComputed(job.key, computed);
    job.resolve(computed);
  }

  function reject(jobs: readonly Job[], fault: RouterError): void {
    if (fault.code === "embedder_failed") counts.failed += jobs.length;
    for (const job of jobs) {
      waiting.delete(job.key);
      job.reject(fault);
    }
  }

  return {
    compute,
    counts: () => ({ ...counts, waiting: waiting.size + running.size }),
    stop: (fault) => reject([...running.values(), ...waiting.values()], fault),
  };
}

const overloaded = (waiting: number, added: number, maxWaiting: number) =>
  new RouterError(
    "embedder_overloaded",
    `${waiting} texts already wait for the embedder; ${added} more would exceed ${maxWaiting}`,
    "Add replicas, or raise limits.max_waiting_texts and accept the latency",
  );

const unreadable = (reason: string) =>
  new RouterError(
    "embedder_failed",
    `the model could not read a text: ${reason}`,
    "Check that the model and its tokenizer.json belong together",
  );

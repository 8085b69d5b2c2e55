import { RouterError } from "../errors.ts";
import { type EmbedderStats, embeddingDimension } from "./embedder.ts";
import type { ModelPool, PooledModel } from "./model-pool.ts";
import { nextBatch } from "./next-batch.ts";
import { isDeadline, noneAlive, overloaded, tooLate, unreadable } from "./queue-faults.ts";
import { runPace } from "./run-pace.ts";
import { runStats } from "./run-stats.ts";
import type { SharedCache } from "./shared-cache.ts";
import { textsInTime } from "./texts-in-time.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { type Computed, type Entry, type WantedText, wantedTexts } from "./wanted-texts.ts";
import type { Answer } from "./worker-messages.ts";

export interface QueueOptions {
  /** Texts that may wait; those in a model are not counted. */
  readonly maxWaiting: number;
  /** That one run may read, padding counted. */
  readonly batchTokens: number;
  /** That the model reads of one text. */
  readonly maxTokens: number;
  /** Asked before the model, told after it. */
  readonly shared?: SharedCache | undefined;
  /** Learns of every vector, also when nobody wants it any more. */
  onComputed(key: string, computed: Computed): void;
}

export interface EmbedQueue {
  /** In the order of `entries`. Rejects as `Embedder.embed` does. */
  compute(
    entries: readonly Entry[],
    signal?: AbortSignal,
    deadlineAt?: number,
  ): Promise<readonly Computed[]>;
  counts(): Pick<
    EmbedderStats,
    "texts" | "tokens" | "waiting" | "failed" | "abandoned" | "expired" | "runSeconds" | "runs"
  >;
  /** Rejects what waits, and what is in a model. */
  stop(fault: RouterError): void;
}

/**
 * Joins waiting texts into the next run of whichever model is idle. There is no timer: an idle model starts at once, and
 * the busier all are the larger the batches become.
 */
export function embedQueue(
  pool: ModelPool,
  { maxWaiting, batchTokens, maxTokens, shared, onComputed }: QueueOptions,
): EmbedQueue {
  /** Whatever somebody asked for: in the shared cache's lookup, waiting, or in a model. */
  const texts = wantedTexts(maxTokens);
  /** In order of arrival. */
  const waiting = new Set<WantedText>();
  const busy = new Set<PooledModel>();
  let running = 0;
  const counts = { texts: 0, tokens: 0, failed: 0, abandoned: 0, expired: 0, runSeconds: 0 };
  const runs = runStats();
  const pace = runPace();

  async function compute(entries: readonly Entry[], signal?: AbortSignal, deadlineAt = Infinity) {
    const ahead = texts.size() - running;
    const added = new Set(entries.map(({ key }) => key).filter((key) => !texts.has(key))).size;
    if (added > 0 && ahead + added > maxWaiting) throw overloaded(ahead, added, maxWaiting);
    const joined = entries.map((entry) => texts.join(entry, deadlineAt));
    const fresh = joined.filter((text) => text.fresh).map(({ wanted }) => wanted);
    if (shared && fresh.length > 0) void lookUp(shared, fresh);
    else enqueue(fresh);
    const all = joined.map(({ wanted }) => wanted);
    try {
      return await unlessAborted(Promise.all(all.map(({ promise }) => promise)), signal);
    } finally {
      for (const wanted of all) leave(wanted, signal);
    }
  }

  /** A caller that gives up must not cancel the others; what nobody wants any more must not cost anything. */
  function leave(wanted: WantedText, signal: AbortSignal | undefined): void {
    if (!texts.leave(wanted)) return;
    waiting.delete(wanted);
    counts[isDeadline(signal?.reason) ? "expired" : "abandoned"]++;
  }

  async function lookUp(cache: SharedCache, fresh: readonly WantedText[]): Promise<void> {
    const found = await cache.getMany(fresh.map(({ key }) => key));
    const missing = fresh.filter((wanted, index) => {
      const vector = found[index];
      if (vector) resolve(wanted, { vector, tokens: 0, truncated: false, cached: true });
      return !vector && texts.isOpen(wanted);
    });
    enqueue(missing);
  }

  function enqueue(fresh: readonly WantedText[]): void {
    const now = performance.now();
    for (const wanted of fresh) {
      wanted.waitsSince = now;
      waiting.add(wanted);
    }
    dispatch();
  }

  /** Gives every idle model its share of what waits. */
  function dispatch(): void {
    const alive = pool.models.filter((model) => model.isAlive());
    // A start outlasts a deadline.
    if (alive.length === 0) reject([...waiting], noneAlive(pool));
    const idle = alive.filter((model) => !busy.has(model));
    for (const [index, model] of idle.entries()) {
      const now = performance.now();
      const { usable, late } = textsInTime(waiting, now, pace);
      counts.expired += late.length;
      reject(late, tooLate());
      const [oldest] = usable;
      if (!oldest) return;
      const share = Math.ceil(waiting.size / (idle.length - index));
      // A batch must not be so large that it comes too late for the text that has waited longest.
      const inTime = pace.tokensWithin((oldest.deadlineAt - now) / 1000);
      const maxTokens = Math.min(batchTokens, inTime);
      void run(model, nextBatch(usable, { maxTokens, maxTexts: pool.exactBatches ? share : 1 }));
    }
  }

  /** One run of one model, then what waits by then. */
  async function run(model: PooledModel, batch: readonly WantedText[]): Promise<void> {
    const now = performance.now();
    for (const wanted of batch) {
      waiting.delete(wanted);
      wanted.running = true;
      wanted.ranAt = now;
      runs.waited(wanted.waitsSince, now);
    }
    running += batch.length;
    busy.add(model);
    try {
      deliver(batch, await model.run(batch.map(({ text }) => text)));
    } catch (thrown) {
      // Not tried on another model: a text that ends one thread would end them all.
      reject(batch, RouterError.from(thrown));
    }
    busy.delete(model);
    running -= batch.length;
    dispatch();
  }

  function deliver(batch: readonly WantedText[], answer: Answer): void {
    learn(batch, answer);
    const whole: { readonly key: string; readonly vector: Float32Array }[] = [];
    for (const [index, wanted] of batch.entries()) {
      const fault = answer.faults[index];
      if (fault !== undefined) {
        reject([wanted], unreadable(fault));
        continue;
      }
      const at = index * embeddingDimension;
      const vector = answer.vectors.slice(at, at + embeddingDimension);
      const [tokens = 0, truncated = false] = [answer.tokens[index], answer.truncated[index]];
      counts.texts++;
      counts.tokens += tokens;
      // A shared vector does not say whether its text was cut.
      if (!truncated) whole.push({ key: wanted.key, vector });
      const queued = { sinceMs: wanted.waitsSince, untilMs: wanted.ranAt };
      resolve(wanted, { vector, tokens, truncated, cached: false, queued });
    }
    if (whole.length > 0) shared?.setMany(whole);
  }

  function learn(batch: readonly WantedText[], { runMs, tokens }: Answer): void {
    const seconds = runMs / 1000;
    counts.runSeconds += seconds;
    runs.ran(batch.length, sum(tokens), seconds);
    // By estimates, as texts that wait are known by theirs alone.
    if (!pool.flatCost) pace.learn(sum(batch.map((wanted) => wanted.tokens)), seconds);
  }

  function resolve(wanted: WantedText, computed: Computed): void {
    onComputed(wanted.key, computed);
    texts.resolve(wanted, computed);
  }

  function reject(rejected: readonly WantedText[], fault: RouterError): void {
    for (const wanted of rejected.filter(texts.isOpen)) {
      if (fault.code === "embedder_failed") counts.failed++;
      waiting.delete(wanted);
      texts.reject(wanted, fault);
    }
  }

  pool.onAlive(dispatch);

  return {
    compute,
    counts: () => ({ ...counts, waiting: texts.size(), runs: runs.read() }),
    stop: (fault) => reject(texts.all(), fault),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

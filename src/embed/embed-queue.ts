import { RouterError } from "../errors.ts";
import { type EmbedderStats, embeddingDimension } from "./embedder.ts";
import type { ModelPool, PooledModel } from "./model-pool.ts";
import { estimatedTokens, nextBatch } from "./next-batch.ts";
import { runStats } from "./run-stats.ts";
import type { SharedCache } from "./shared-cache.ts";
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

interface Waiting {
  readonly wanted: WantedText;
  /** Estimated. */
  readonly tokens: number;
  readonly since: number;
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
  const texts = wantedTexts();
  /** In order of arrival. */
  const waiting = new Map<WantedText, Waiting>();
  const busy = new Set<PooledModel>();
  let running = 0;
  const counts = { texts: 0, tokens: 0, failed: 0, abandoned: 0, expired: 0, runSeconds: 0 };
  const runs = runStats();

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
    const since = performance.now();
    for (const wanted of fresh) {
      waiting.set(wanted, { wanted, tokens: estimatedTokens(wanted.text, maxTokens), since });
    }
    dispatch();
  }

  /** Gives every idle model its share of what waits. */
  function dispatch(): void {
    const alive = pool.models.filter((model) => model.isAlive());
    // A start outlasts a deadline.
    if (alive.length === 0) reject([...waiting.keys()], noneAlive(pool));
    const idle = alive.filter((model) => !busy.has(model));
    for (const [index, model] of idle.entries()) {
      const [oldest] = inTime();
      if (!oldest) return;
      const share = Math.ceil(waiting.size / (idle.length - index));
      const batch = nextBatch(inTime(), {
        maxTexts: pool.exactBatches ? share : 1,
        maxTokens: Math.min(batchTokens, tokensInTime(oldest)),
      });
      void run(model, batch);
    }
  }

  /** A batch must not be so large that it comes too late for the text that has waited longest. */
  const tokensInTime = ({ wanted }: Waiting): number =>
    pool.flatCost ? Infinity : runs.tokensWithin((wanted.deadlineAt - performance.now()) / 1000);

  /** What waits, without what comes too late for everybody who asked for it. */
  function* inTime(): Generator<Waiting> {
    const now = performance.now();
    for (const text of waiting.values()) {
      if (text.wanted.deadlineAt > now) {
        yield text;
        continue;
      }
      counts.expired++;
      reject([text.wanted], late());
    }
  }

  /** One run of one model, then what waits by then. */
  async function run(model: PooledModel, batch: readonly Waiting[]): Promise<void> {
    const now = performance.now();
    const wanted = batch.map((text) => text.wanted);
    for (const text of batch) {
      waiting.delete(text.wanted);
      text.wanted.running = true;
      runs.waited(text.since, now);
    }
    running += batch.length;
    busy.add(model);
    try {
      deliver(wanted, await model.run(wanted.map(({ text }) => text)));
    } catch (thrown) {
      // Not tried on another model: a text that ends one thread would end them all.
      reject(wanted, RouterError.from(thrown));
    }
    busy.delete(model);
    running -= batch.length;
    dispatch();
  }

  function deliver(batch: readonly WantedText[], answer: Answer): void {
    const seconds = answer.runMs / 1000;
    runs.ran(answer.tokens, seconds);
    counts.runSeconds += seconds;
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
      resolve(wanted, { vector, tokens, truncated, cached: false });
    }
    if (whole.length > 0) shared?.setMany(whole);
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

const isDeadline = (reason: unknown): boolean =>
  reason instanceof RouterError && reason.code === "deadline_exceeded";

const overloaded = (ahead: number, added: number, maxWaiting: number) =>
  new RouterError(
    "embedder_overloaded",
    `${ahead} texts already wait for the embedder; ${added} more would exceed ${maxWaiting}`,
    "Add replicas, or raise limits.max_waiting_texts and accept the latency",
  );

const noneAlive = ({ models }: ModelPool) =>
  new RouterError(
    "embedder_failed",
    `none of the embedder's ${models.length} workers can be asked at the moment`,
    "They are tried again by themselves; the log says what ended each",
    { cause: models.map((model) => model.fault?.()).find((fault) => fault !== undefined) },
  );

const late = () =>
  new RouterError(
    "deadline_exceeded",
    "The text's deadline passed while it waited for the embedder",
    "Add replicas or CPU, or raise limits.deadline_ms together with Envoy's message_timeout",
  );

const unreadable = (reason: string) =>
  new RouterError(
    "embedder_failed",
    `the model could not read a text: ${reason}`,
    "Check that the model and its tokenizer.json belong together",
  );

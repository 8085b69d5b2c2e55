import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { defaultEmbedderFolder } from "../../src/embed/built-in.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { openEmbedder } from "../../src/embed/worker-embedder.ts";
import { type Random, random } from "../../src/math/random.ts";

/** Callers that each ask for the next text when they have an answer. */
export interface Load {
  readonly callers: number;
  readonly texts: number;
  readonly perSecond: number;
  /** Texts a second of CPU, all threads of the process counted. */
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How late the event loop was while every worker was busy. */
export interface LoopDelay {
  readonly model: string;
  readonly workers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** English words that are one token each for the built-in model. */
function oneTokenWords(): readonly string[] {
  const { model } = JSON.parse(readFileSync(join(defaultEmbedderFolder, "tokenizer.json"), "utf8"));
  return Object.keys(model.vocab).filter((word) => /^[a-z]{3,8}$/.test(word));
}

/** Texts of so many tokens that never come again. */
function freshTexts(tokens: number, next: Random): () => string {
  const words = oneTokenWords();
  // Two of the tokens frame the text.
  return () =>
    Array.from({ length: tokens - 2 }, () => words[Math.floor(next() * words.length)]).join(" ");
}

const openDefault = (workers?: number): Promise<Embedder> =>
  openEmbedder({
    folder: defaultEmbedderFolder,
    maxWaiting: 1024,
    ...(workers !== undefined && { workers, minWorkers: workers }),
  });

/** The built-in embedder as it opens without configuration, asked for fresh texts of 48 tokens. */
export async function measureLoads(seconds: number): Promise<readonly Load[]> {
  const embedder = await openDefault();
  const text = freshTexts(48, random(1));
  try {
    const [checked] = await embedder.embed([text()]);
    if (checked?.tokens !== 48) throw new Error(`a text has ${checked?.tokens} tokens, not 48`);
    await load(embedder, text, 8, 1);
    const loads: Load[] = [];
    for (const callers of [1, 8, 64]) loads.push(await load(embedder, text, callers, seconds));
    return loads;
  } finally {
    await embedder.close();
  }
}

async function load(
  embedder: Embedder,
  text: () => string,
  callers: number,
  seconds: number,
): Promise<Load> {
  const times: number[] = [];
  const started = performance.now();
  const cpu = process.cpuUsage();
  const until = started + seconds * 1000;
  async function caller(): Promise<void> {
    while (performance.now() < until) {
      const asked = performance.now();
      await embedder.embed([text()]);
      times.push(performance.now() - asked);
    }
  }
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(cpu);
  const took = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return {
    callers,
    texts: times.length,
    perSecond: times.length / took,
    perCpuSecond: times.length / ((user + system) / 1e6),
    p50Ms: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
  };
}

/** Microseconds of a call for a text whose vector is in the cache; medians of rounds. */
export async function measureCacheHit(rounds: number): Promise<number> {
  const embedder = await openDefault();
  const text = freshTexts(48, random(2));
  const texts = Array.from({ length: 200 }, text);
  try {
    await embedder.embed(texts);
    const perCall: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      for (const one of texts) await embedder.embed([one]);
      perCall.push(((performance.now() - started) / texts.length) * 1000);
    }
    return perCall.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  } finally {
    await embedder.close();
  }
}

/** Texts of 256 tokens, more of them at once than there are workers. */
export async function measureLoopDelay(
  model: string,
  seconds: number,
  folder?: string,
): Promise<readonly LoopDelay[]> {
  const idle = await loopDelay(seconds);
  const embedder = await (folder ? openEmbedder({ folder, maxWaiting: 1024 }) : openDefault());
  const next = random(3);
  const words = () => `w${1 + Math.floor(next() * 3999)}`;
  const text = folder ? () => Array.from({ length: 256 }, words).join(" ") : freshTexts(256, next);
  let running = true;
  async function caller(): Promise<void> {
    while (running) await embedder.embed([text()]);
  }
  try {
    await embedder.embed([text()]);
    const callers = Array.from({ length: 16 }, caller);
    const busy = await loopDelay(seconds);
    running = false;
    await Promise.all(callers);
    const workers = embedder.stats().workers?.alive ?? 1;
    return [
      { model: "none, idle", workers: 0, ...idle },
      { model, workers, ...busy },
    ];
  } finally {
    await embedder.close();
  }
}

/** The histogram holds the time between two ticks of a timer, so the timer's own time is taken off. */
async function loopDelay(seconds: number): Promise<Omit<LoopDelay, "model" | "workers">> {
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  await setTimeout(seconds * 1000);
  histogram.disable();
  const late = (nanos: number) => Math.max(0, nanos / 1e6 - resolution);
  return {
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  };
}

import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { median } from "./median.ts";

/** What a contestant did in one turn. */
export interface Turn<Answer> {
  /** By call, nanoseconds. */
  readonly wall: readonly number[];
  /** Of the thread that did the work, nanoseconds, all calls together. */
  readonly cpu: number;
  /** By call. */
  readonly answers: readonly Answer[];
}

export interface Contestant<Answer> {
  readonly name: string;
  /** Does the calls `from` to `from + count - 1` of the series, one after the other. */
  run(from: number, count: number): Turn<Answer> | Promise<Turn<Answer>>;
}

export interface Measured<Answer> {
  readonly name: string;
  readonly p50Micros: number;
  readonly minMicros: number;
  /** CPU a call, mean. */
  readonly cpuMicros: number;
  readonly calls: number;
  /** By number of the call. */
  readonly answers: ReadonlyMap<number, Answer>;
}

export interface Series {
  /** Turns that every contestant has. */
  readonly rounds: number;
  /** Calls a turn, at most; no call is made twice. */
  readonly callsPerTurn: number;
  /** What a contestant may take, in milliseconds of wall time: a slow one makes fewer calls a turn, but always one. */
  readonly budgetMs: number;
}

/** Also of a contestant that is over its budget. */
const leastRounds = 3;

/** Calls before a turn do not count, so that a contestant finds its numbers in the cache as one alone would. */
const leadInMs = 5;

/** So long, or so many calls, is a contestant warmed up: V8 compiles what ran often. */
const warmUpMs = 120;
const warmUpCalls = 400;

/**
 * Contestants take turns, so that what else the machine does falls on all alike. In every round each makes calls of the
 * same numbers, so a slow one makes the first of those that a fast one makes.
 */
export async function inTurns<Answer>(
  contestants: readonly Contestant<Answer>[],
  { rounds, callsPerTurn, budgetMs }: Series,
): Promise<readonly Measured<Answer>[]> {
  const entries: {
    contestant: Contestant<Answer>;
    calls: number;
    leadIn: number;
    turns: [number, Turn<Answer>][];
  }[] = [];
  for (const contestant of contestants) {
    const callMs = await warmUp(contestant, callsPerTurn);
    const within = (ms: number): number =>
      Math.max(1, Math.min(callsPerTurn, Math.floor(ms / callMs)));
    const calls = within(budgetMs / rounds);
    entries.push({ contestant, calls, leadIn: within(leadInMs), turns: [] });
  }
  for (let round = 0; round < rounds; round++) {
    const from = round * callsPerTurn;
    for (const { contestant, calls, leadIn, turns } of entries) {
      if (round >= leastRounds && wallMs(turns) > 2 * budgetMs) continue;
      // Messages of the child processes are read here, not inside a measurement.
      await setImmediate();
      await contestant.run((round > 0 ? round - 1 : rounds - 1) * callsPerTurn, leadIn);
      turns.push([from, await contestant.run(from, calls)]);
    }
  }
  return entries.map(({ contestant, turns }) => summary(contestant.name, turns));
}

const wallMs = (turns: readonly (readonly [number, Turn<unknown>])[]): number =>
  turns.reduce((sum, [, { wall }]) => wall.reduce((total, one) => total + one / 1e6, sum), 0);

/** Milliseconds of a warm call. */
async function warmUp<Answer>(contestant: Contestant<Answer>, most: number): Promise<number> {
  const started = performance.now();
  let count = 1;
  for (let calls = 0; calls < warmUpCalls; calls += count) {
    const before = performance.now();
    await contestant.run(0, count);
    const callMs = (performance.now() - before) / count;
    if (before + count * callMs - started > warmUpMs) return callMs;
    count = most;
  }
  return 0.001;
}

function summary<Answer>(
  name: string,
  turns: readonly (readonly [number, Turn<Answer>])[],
): Measured<Answer> {
  const wall = turns.flatMap(([, turn]) => turn.wall).toSorted((a, b) => a - b);
  const cpu = turns.reduce((sum, [, turn]) => sum + turn.cpu, 0);
  return {
    name,
    p50Micros: (wall[Math.floor(wall.length / 2)] ?? Number.NaN) / 1000,
    minMicros: (wall[0] ?? Number.NaN) / 1000,
    cpuMicros: cpu / wall.length / 1000,
    calls: wall.length,
    answers: new Map(
      turns.flatMap(([from, { answers }]) => answers.map((answer, at) => [from + at, answer])),
    ),
  };
}

/**
 * A contestant of this process. Neither `ask`, which makes what the call is given, nor `read`, which makes an answer of
 * what it gave, is measured.
 */
export function ownContestant<Asked, Given, Answer>(
  name: string,
  ask: (number: number) => Asked,
  call: (asked: Asked) => Given,
  read: (given: Given) => Answer,
): Contestant<Answer> {
  return {
    name,
    run(from, count) {
      const wall = new Array<number>(count);
      const given = new Array<Given>(count);
      const cpu = threadMicros();
      for (let at = 0; at < count; at++) {
        const asked = ask(from + at);
        const started = performance.now();
        given[at] = call(asked);
        wall[at] = (performance.now() - started) * 1e6;
      }
      const used = Math.max(0, threadMicros() - cpu - readingMicros);
      return { wall, cpu: used * 1000, answers: given.map(read) };
    },
  };
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** CPU of this thread. The kernel brings the figure up to date only when the thread stops, so it sleeps for a moment. */
function threadMicros(): number {
  Atomics.wait(sleeping, 0, 0, 0.05);
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** What reading it twice costs itself. */
const readingMicros = median(
  Array.from({ length: 41 }, () => {
    const before = threadMicros();
    return threadMicros() - before;
  }),
);

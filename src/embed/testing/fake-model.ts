import type { ModelPool, PooledModel } from "../model-pool.ts";
import type { Answer } from "../worker-messages.ts";

/** Texts that the fake model refuses start with this. */
export const unreadableText = "unreadable";

/** The fake model says of this text that it read only a part of it. */
export const cutText = "too long";

/** The vector that the fake model has for a text: its length, at the first place. */
export function fakeAnswer(texts: readonly string[]): Answer {
  const vectors = new Float32Array(texts.length * 1024);
  texts.forEach(({ length }, index) => {
    vectors[index * 1024] = length;
  });
  return {
    vectors,
    tokens: texts.map(({ length }) => length),
    truncated: texts.map((text) => text === cutText),
    faults: texts.map((text) => (text.startsWith(unreadableText) ? "no such token" : undefined)),
    runMs: 1,
  };
}

/** Lets everything that was settled be noticed. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Models that answer when their test says so, and remember what they were asked, in order. */
export function fakePool(
  options: {
    readonly exactBatches?: boolean;
    readonly workers?: number;
    readonly flatCost?: boolean;
    /** What it says that every run took. */
    readonly runMs?: number;
  } = {},
) {
  const asked: (readonly string[])[] = [];
  const pending: { answer(): void; fail(fault: Error): void }[] = [];
  const alive = new Array<boolean>(options.workers ?? 1).fill(true);
  let listener = () => {};
  const models = alive.map((_, index): PooledModel => {
    return {
      isAlive: () => alive[index] ?? false,
      run(texts) {
        asked.push(texts);
        const { promise, resolve, reject } = Promise.withResolvers<Answer>();
        const answer = { ...fakeAnswer(texts), ...(options.runMs && { runMs: options.runMs }) };
        pending.push({ answer: () => resolve(answer), fail: reject });
        return promise;
      },
      fault: () => (alive[index] ? undefined : "it died"),
    };
  });
  const pool: ModelPool = {
    revision: "0123456789ab",
    exactBatches: options.exactBatches ?? true,
    flatCost: options.flatCost ?? false,
    models,
    onAlive(called) {
      listener = called;
    },
    close: async () => undefined,
  };
  return {
    pool,
    asked,
    /** Answers the run that began first. */
    async answer() {
      pending.shift()?.answer();
      await turn();
    },
    async fail(fault: Error) {
      pending.shift()?.fail(fault);
      await turn();
    },
    die(index: number) {
      alive[index] = false;
    },
    revive(index: number) {
      alive[index] = true;
      listener();
    },
  };
}

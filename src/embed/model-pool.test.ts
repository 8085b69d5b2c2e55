import { expect, onTestFinished, test } from "vitest";
import { RouterError } from "../errors.ts";
import { openModelPool, type PoolOptions } from "./model-pool.ts";
import type { ModelThread } from "./model-thread.ts";
import { fakeAnswer } from "./testing/fake-model.ts";

/** Threads that open, in the order of their start, when the test says so. */
function threads() {
  const starts: PromiseWithResolvers<string>[] = [];
  const stopped: string[] = [];
  const ends: (() => void)[] = [];
  async function start(closing: AbortSignal): Promise<ModelThread> {
    const opening = Promise.withResolvers<string>();
    starts.push(opening);
    closing.addEventListener("abort", () => opening.reject(new Error("closed")));
    const revision = await opening.promise;
    const { promise: ended, resolve } = Promise.withResolvers<RouterError>();
    const end = () => resolve(new RouterError("embedder_failed", "ended", "Wait"));
    ends.push(end);
    async function stop() {
      stopped.push(revision);
      end();
    }
    return { revision, exactBatches: true, ended, stop, run: async (texts) => fakeAnswer(texts) };
  }
  return { start, starts, stopped, ends };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const gone = new RouterError("model_not_found", "gone", "Restore it");

function open(options: PoolOptions) {
  const fake = threads();
  let state = "opening";
  const pool = openModelPool(fake.start, options);
  pool.then(
    (opened) => {
      state = "open";
      onTestFinished(() => opened.close());
    },
    () => {
      state = "failed";
    },
  );
  return { ...fake, pool, state: () => state };
}

test("all threads start at once, and the pool is open when as many as it must have are", async () => {
  const { starts, state, pool } = open({ workers: 3, minWorkers: 2 });
  expect(starts).toHaveLength(3);
  starts[2]?.resolve("one");
  await turn();
  expect(state()).toBe("opening");
  starts[0]?.resolve("one");
  const { revision, exactBatches, models, stats } = await pool;
  expect({ revision, exactBatches }).toEqual({ revision: "one", exactBatches: true });
  expect(models.map((model) => model.isAlive())).toEqual([true, false, true]);
  expect(stats?.()).toEqual({ configured: 3, alive: 2, restarts: 0 });
});

test("a thread that opens later is announced", async () => {
  const { starts, pool } = open({ workers: 2, minWorkers: 1 });
  starts[0]?.resolve("one");
  const opened = await pool;
  let announced = 0;
  opened.onAlive(() => announced++);
  starts[1]?.resolve("one");
  await turn();
  expect([announced, opened.stats?.().alive]).toEqual([1, 2]);
});

test("a pool that cannot have enough threads does not open, and leaves none behind", async () => {
  const { starts, stopped, pool } = open({ workers: 2, minWorkers: 2, pausesMs: [1000] });
  starts[0]?.resolve("one");
  await turn();
  starts[1]?.reject(gone);
  await expect(pool).rejects.toBe(gone);
  expect(stopped).toEqual(["one"]);
  expect(starts).toHaveLength(2);
});

test("a thread that does not open, where enough others do, is tried again", async () => {
  const { starts, pool } = open({ workers: 2, minWorkers: 1, pausesMs: [0] });
  starts[1]?.reject(gone);
  starts[0]?.resolve("one");
  const { stats } = await pool;
  expect(stats?.()).toEqual({ configured: 2, alive: 1, restarts: 1 });
  starts[2]?.resolve("one");
  await turn();
  expect(stats?.().alive).toBe(2);
});

test("losses are reported, and what makes good for them", async () => {
  const states: unknown[] = [];
  const onStateChange = (now: unknown) => states.push(now);
  const { starts, ends, pool } = open({ workers: 2, minWorkers: 1, pausesMs: [0], onStateChange });
  starts[0]?.resolve("one");
  await pool;
  starts[1]?.resolve("one");
  await turn();
  expect(states).toEqual([]);
  ends[1]?.();
  await turn();
  starts[2]?.reject(gone);
  await turn();
  starts[3]?.resolve("one");
  await turn();
  expect(states).toEqual([
    { state: "open", reason: "ended" },
    { state: "open", reason: "gone" },
    { state: "closed" },
  ]);
});

test("a thread of another model than the first is not used", async () => {
  const { starts, stopped, pool } = open({ workers: 2, minWorkers: 1, pausesMs: [60_000] });
  starts[0]?.resolve("one");
  const { models } = await pool;
  starts[1]?.resolve("two");
  await turn();
  expect(stopped).toEqual(["two"]);
  expect(models[1]?.fault?.()).toMatchObject({ code: "artifact_incompatible" });
});

test("closing stops threads that are open and those that still open", async () => {
  const { starts, stopped, pool } = open({ workers: 2, minWorkers: 1 });
  starts[0]?.resolve("one");
  await (await pool).close();
  expect(stopped).toEqual(["one"]);
  await expect(starts[1]?.promise).rejects.toThrow("closed");
});

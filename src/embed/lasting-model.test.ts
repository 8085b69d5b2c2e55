import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RouterError } from "../errors.ts";
import { type LastingOptions, lastingModel } from "./lasting-model.ts";
import type { ModelThread } from "./model-thread.ts";
import { fakeAnswer } from "./testing/fake-model.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ending = new RouterError("embedder_failed", "the thread ended", "Wait");

/** A model of threads that end when the test says so; those before the `opens`-th cannot open. */
async function opened(options: LastingOptions & { readonly opens?: readonly boolean[] } = {}) {
  const started: { end(): void; stopped: boolean; breaks: boolean }[] = [];
  let starts = 0;
  async function start(): Promise<ModelThread> {
    if (options.opens?.[starts++] === false) throw new RouterError("model_not_found", "gone", "-");
    const { promise: ended, resolve } = Promise.withResolvers<RouterError>();
    const thread = { end: () => resolve(ending), stopped: false, breaks: false };
    started.push(thread);
    return {
      revision: "one",
      exactBatches: true,
      ended,
      async run(texts) {
        if (thread.breaks) throw ending;
        return fakeAnswer(texts);
      },
      async stop() {
        thread.stopped = true;
        thread.end();
      },
    };
  }
  const model = lastingModel(start, options);
  await model.opened;
  return { model, started };
}

async function loseLast(started: readonly { end(): void }[]): Promise<void> {
  started.at(-1)?.end();
  await vi.advanceTimersByTimeAsync(0);
}

test("a thread that is lost is replaced at once", async () => {
  const { model, started } = await opened();
  await loseLast(started);
  expect(started).toHaveLength(2);
  expect(await model.run(["four"])).toMatchObject({ tokens: [4] });
  expect([model.isAlive(), model.restarts(), model.fault()]).toEqual([true, 1, ending]);
});

test("when a run tells of the loss, the model is not alive for a moment", async () => {
  const { model, started } = await opened({ pausesMs: [1000] });
  const [thread] = started;
  if (!thread) throw new Error("unreachable: one thread was started");
  thread.breaks = true;
  await expect(model.run(["a"])).rejects.toBe(ending);
  expect(model.isAlive()).toBe(false);
  // The thread tells as well, which is the same loss.
  thread.end();
  await vi.advanceTimersByTimeAsync(1000);
  expect([started.length, model.restarts(), model.isAlive()]).toEqual([2, 1, true]);
});

test("threads that keep ending are replaced ever more slowly, and the model is not alive meanwhile", async () => {
  const { model, started } = await opened({ pausesMs: [0, 1000, 4000] });
  await loseLast(started);
  await loseLast(started);
  expect([started.length, model.isAlive()]).toEqual([2, false]);
  await expect(model.run(["a"])).rejects.toMatchObject({ code: "embedder_failed" });
  await vi.advanceTimersByTimeAsync(1000);
  expect(started).toHaveLength(3);
  await loseLast(started);
  await vi.advanceTimersByTimeAsync(3999);
  expect(started).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(started).toHaveLength(4);
});

test("after a run went well the next loss is again the first", async () => {
  const { model, started } = await opened();
  for (let i = 0; i < 5; i++) {
    await loseLast(started);
    await model.run(["a"]);
  }
  expect(started).toHaveLength(6);
});

test("a thread that cannot open again is tried again, and says why meanwhile", async () => {
  let alive = 0;
  const options = { opens: [true, false], pausesMs: [0, 1000], onAlive: () => alive++ };
  const { model, started } = await opened(options);
  await loseLast(started);
  expect([model.isAlive(), model.fault()]).toMatchObject([false, { code: "model_not_found" }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect([model.isAlive(), alive]).toEqual([true, 2]);
});

test("a model whose first thread does not open says so, and is tried again", async () => {
  const model = opened({ opens: [false], pausesMs: [1000] });
  await expect(model).rejects.toMatchObject({ code: "model_not_found" });
});

test("a closed model starts nothing", async () => {
  const { model, started } = await opened();
  await model.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(started.map(({ stopped }) => stopped)).toEqual([true]);
  expect(model.isAlive()).toBe(false);
});

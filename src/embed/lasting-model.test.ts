import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RouterError } from "../errors.ts";
import { openLastingModel } from "./lasting-model.ts";
import type { ModelThread } from "./model-thread.ts";
import { fakeAnswer } from "./testing/fake-model.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Threads that end when the test says so; `revisions` are those of one start after another, undefined cannot open. */
function threads(revisions: readonly (string | undefined)[] = []) {
  const started: { end(): void; readonly stopped: boolean }[] = [];
  let starts = 0;
  async function start(): Promise<ModelThread> {
    const revision = starts < revisions.length ? revisions[starts++] : "one";
    if (!revision) throw new RouterError("model_not_found", "gone", "Restore it");
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const thread = { end, stopped: false };
    started.push(thread);
    async function stop() {
      thread.stopped = true;
      end();
    }
    return { revision, exactBatches: true, ended, stop, run: async (texts) => fakeAnswer(texts) };
  }
  return { start, started };
}

async function loseLast(started: readonly { end(): void }[]): Promise<void> {
  started.at(-1)?.end();
  await vi.advanceTimersByTimeAsync(0);
}

test("an embedder whose first thread does not open does not open", async () => {
  const { start } = threads([undefined]);
  await expect(openLastingModel(start)).rejects.toMatchObject({ code: "model_not_found" });
});

test("a thread that is lost is replaced at once", async () => {
  const { start, started } = threads();
  const model = await openLastingModel(start);
  await loseLast(started);
  expect(started).toHaveLength(2);
  expect(await model.run(["four"])).toMatchObject({ tokens: [4] });
});

test("threads that keep ending are replaced ever more slowly, and texts are refused meanwhile", async () => {
  const { start, started } = threads();
  const model = await openLastingModel(start, [0, 1000, 4000]);
  await loseLast(started);
  await loseLast(started);
  expect(started).toHaveLength(2);
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
  const { start, started } = threads();
  const model = await openLastingModel(start);
  for (let i = 0; i < 5; i++) {
    await loseLast(started);
    await model.run(["a"]);
  }
  expect(started).toHaveLength(6);
});

test("a thread that cannot open again is tried again, and texts are told why meanwhile", async () => {
  const { start, started } = threads(["one", undefined, "one"]);
  const model = await openLastingModel(start, [0, 1000]);
  await loseLast(started);
  await expect(model.run(["a"])).rejects.toMatchObject({
    code: "embedder_failed",
    cause: { code: "model_not_found" },
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(await model.run(["a"])).toMatchObject({ tokens: [1] });
});

test("a folder that holds another model by now is not used", async () => {
  const { start, started } = threads(["one", "two"]);
  const model = await openLastingModel(start, [0, 1000]);
  await loseLast(started);
  expect(started.map(({ stopped }) => stopped)).toEqual([false, true]);
  await expect(model.run(["a"])).rejects.toMatchObject({
    code: "embedder_failed",
    cause: { code: "artifact_incompatible" },
  });
});

test("a closed model starts nothing", async () => {
  const { start, started } = threads();
  const model = await openLastingModel(start);
  await model.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(started).toHaveLength(1);
  expect(started[0]?.stopped).toBe(true);
});

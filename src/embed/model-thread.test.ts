import { expect, test } from "vitest";
import { type ModelThread, startModelThread } from "./model-thread.ts";

const folder = {
  path: "/nowhere",
  name: "fake",
  pooling: "mean",
  maxTokens: 8,
  modelFile: "model.onnx",
  sha256: {},
} as const;
const script = new URL("./testing/unruly-worker.ts", import.meta.url);
const start = (options = {}) =>
  startModelThread({ ...folder, ...options }, { script, maxRunMs: 1000 });

async function expectLost(thread: ModelThread, text: string, detail: string): Promise<void> {
  await expect(thread.run([text])).rejects.toMatchObject({ code: "embedder_failed", detail });
  await thread.ended;
  await expect(thread.run(["again"])).rejects.toMatchObject({ code: "embedder_failed", detail });
}

test("a thread answers one question after another", async () => {
  const thread = await start();
  for (const texts of [["a"], ["b", "cd"]]) {
    const { vectors } = await thread.run(texts);
    expect(texts.map((_, i) => vectors[i * 1024])).toEqual(texts.map(({ length }) => length));
  }
  await thread.stop();
});

test("a thread that exits is lost", async () => {
  await expectLost(await start(), "exit", "the embedder's thread ended with exit code 7");
});

test("a thread that throws is lost", async () => {
  await expectLost(await start(), "throw", "the embedder's thread failed: the worker threw");
});

test("a thread that hangs is ended", async () => {
  await expectLost(await start(), "hang", "the embedder's thread did not answer for 1 s");
});

test("a thread that ends before it is open cannot be started", async () => {
  await expect(start({ name: "never opens" })).rejects.toMatchObject({
    code: "embedder_failed",
    detail: "the embedder's thread ended with exit code 3",
  });
});

test("stopping rejects what runs", async () => {
  const thread = await start();
  const running = expect(thread.run(["hang"])).rejects.toMatchObject({ code: "embedder_failed" });
  await thread.stop();
  await running;
  await thread.ended;
});

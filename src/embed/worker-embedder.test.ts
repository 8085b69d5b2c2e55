import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { dot } from "../math/matrix.ts";
import { defaultEmbedderFolder } from "./built-in.ts";
import { openConfiguredEmbedder } from "./default-embedder.ts";
import type { Embedder } from "./embedder.ts";
import { qwen3Cases, tinyQwen3Folder } from "./testing/tiny-qwen3.ts";
import { openEmbedder } from "./worker-embedder.ts";

const limits = { maxWaiting: 256, cacheEntries: 100 };

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "signalbox-embedder-"));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function opened(folder: string) {
  const embedder = await openEmbedder({ folder, ...limits });
  onTestFinished(() => embedder.close());
  return embedder;
}

test("the built-in embedder opens without configuration and knows what is alike", async () => {
  const embedder = await openConfiguredEmbedder({
    embedding_models: {},
    limits: { max_waiting_texts: 256, cache_entries: 100 },
  });
  onTestFinished(() => embedder.close());
  expect(embedder).toMatchObject({
    name: "minilm-2l",
    revision: expect.stringMatching(/^[0-9a-f]{12}$/),
    dimension: 1024,
    pooling: "mean",
    normalized: true,
  });
  const [a, b, c] = await embedder.embed([
    "How do I sort a list in Python?",
    "sorting lists in python",
    "What is the capital of France?",
  ]);
  const similarity = (x: typeof a, y: typeof a) => dot(x?.vector ?? [], y?.vector ?? []);
  expect(similarity(a, b)).toBeGreaterThan(similarity(a, c) + 0.1);
});

test("a configured folder of Qwen3 is used, from where its path is resolved", async () => {
  const config = {
    embedding_models: { qwen3_model_path: "tiny-qwen3" },
    limits: { max_waiting_texts: 256, cache_entries: 100 },
  };
  const embedder = await openConfiguredEmbedder(config, (path) =>
    join(tinyQwen3Folder, "..", path),
  );
  onTestFinished(() => embedder.close());
  expect(embedder).toMatchObject({ name: "qwen3", pooling: "last-token" });
  const embeddings = await embedder.embed(qwen3Cases.map(({ text }) => text));
  expect(embeddings.map(({ tokens }) => tokens)).toEqual(qwen3Cases.map(({ ids }) => ids.length));
});

test("a configured folder that does not exist is not replaced by the built-in one", async () => {
  const config = {
    embedding_models: { qwen3_model_path: "models/mom-embedding-pro" },
    limits: { max_waiting_texts: 256, cache_entries: 100 },
  };
  await expect(openConfiguredEmbedder(config)).rejects.toMatchObject({
    code: "model_not_found",
    detail: expect.stringContaining("pretrained model not found"),
  });
});

test.each(["model.onnx", "tokenizer.json"])("a changed %s is refused", async (file) => {
  const folder = await copyOf(defaultEmbedderFolder);
  await appendFile(join(folder, file), " ");
  await expect(opened(folder)).rejects.toMatchObject({
    code: "artifact_invalid",
    detail: expect.stringContaining(`${file} has sha256`),
  });
});

test.each([
  { file: "onnx/model.onnx", bytes: "no graph" },
  { file: "tokenizer.json", bytes: "{}" },
])("a damaged $file without a hash to compare is refused", async ({ file, bytes }) => {
  const folder = await copyOf(tinyQwen3Folder);
  await writeFile(join(folder, file), bytes);
  await expect(opened(folder)).rejects.toMatchObject({ code: "artifact_invalid" });
});

test("the event loop runs on while the model does", async () => {
  const embedder = await opened(defaultEmbedderFolder);
  const texts = Array.from({ length: 40 }, (_, i) => `${i} ${"long text ".repeat(200)}`);
  let turns = 0;
  let done = false;
  const embeddings = embedder.embed(texts).then(() => {
    done = true;
  });
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await embeddings;
  // One turn a text is what posting takes; a blocked loop would have had no others.
  expect(turns).toBeGreaterThan(10 * texts.length);
});

/** Real threads and a real model; they end when a text says so. */
async function mortal(workers: number) {
  const script = new URL("./testing/mortal-worker.ts", import.meta.url);
  const options = { folder: defaultEmbedderFolder, ...limits, workers, minWorkers: workers };
  const embedder = await openEmbedder({ ...options, script, maxRunMs: 1000 });
  onTestFinished(() => embedder.close());
  return embedder;
}

const failed = { code: "embedder_failed" };

test.each(["exit", "hang"])(
  "a worker lost by %s is replaced, and the others go on",
  async (end) => {
    const embedder = await mortal(2);
    const lost = expect(embedder.embed([end])).rejects.toMatchObject(failed);
    for (const text of ["one", "two", "three"])
      expect(await embedder.embed([text])).toHaveLength(1);
    await lost;
    await vi.waitFor(() => expect(embedder.stats().workers?.alive).toBe(2), 10_000);
    expect(embedder.stats()).toMatchObject({ failed: 1, workers: { configured: 2, restarts: 1 } });
  },
);

test.each(["exit", "hang"])(
  "the only worker lost by %s is replaced, and nobody hangs",
  async (end) => {
    const embedder = await mortal(1);
    const [before] = await embedder.embed(["before"]);
    const lost = [end, "waits behind it"].map((text) =>
      expect(embedder.embed([text])).rejects.toMatchObject(failed),
    );
    await Promise.all(lost);
    await expect(embedder.embed(["comes too soon"])).rejects.toMatchObject(failed);
    expect(await embedder.embed(["before"])).toMatchObject([{ cached: true }]);
    const again = () => embedder.embed(["before", "after"]);
    const [, after] = await vi.waitFor(again, 10_000);
    expect(after).toMatchObject({ cached: false });
    expect(await embedder.embed(["before"])).toMatchObject([{ vector: before?.vector }]);
  },
);

test("more workers give the same vectors", async () => {
  const [one, three] = await Promise.all([1, 3].map(mortal));
  const texts = Array.from({ length: 30 }, (_, i) => `question ${i} `.repeat(1 + (i % 7)));
  const vectorsOf = async (embedder: Embedder | undefined) =>
    (await embedder?.embed(texts))?.map(({ vector }) => vector);
  expect(await vectorsOf(three)).toEqual(await vectorsOf(one));
});

/** What a process of its own prints, on modules of this folder: one that is aborted, or does not end, fails. */
async function printed(script: string): Promise<string> {
  const run = promisify(execFile);
  const args = ["--input-type=module-typescript", "-e", script];
  const { stdout } = await run(process.execPath, args, {
    cwd: import.meta.dirname,
    timeout: 20_000,
  });
  return stdout.trim();
}
const folder = JSON.stringify(defaultEmbedderFolder);

test("closing while a model runs waits for it, and the process ends well", async () => {
  const code = `
    import { openEmbedder } from "./worker-embedder.ts";
    const embedder = await openEmbedder({ folder: ${folder}, maxWaiting: 100, cacheEntries: 0 });
    const running = embedder.embed(["long text ".repeat(200)]).catch(({ code }) => code);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await embedder.close();
    console.log(await running);`;
  expect(await printed(code)).toBe("embedder_stopped");
});

test("threads that compute for too long are replaced, and the process lives on", async () => {
  const code = `
    import { openEmbedder } from "./worker-embedder.ts";
    const options = { folder: ${folder}, maxWaiting: 100, cacheEntries: 0, workers: 2 };
    const embedder = await openEmbedder({ ...options, minWorkers: 2, maxRunMs: 1 });
    const text = "long text ".repeat(200);
    const texts = ["a", "b"].map((one) => embedder.embed([one + text]).catch(({ code }) => code));
    console.log(...(await Promise.all(texts)));
    while (embedder.stats().workers.alive < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await embedder.close();
    console.log(embedder.stats().workers.restarts);`;
  expect(await printed(code)).toBe("embedder_failed embedder_failed\n2");
});

test("a thread may be stopped at any moment while it opens", async () => {
  const code = `
    import { readModelFolder } from "./model-folder.ts";
    import { startModelThread } from "./model-thread.ts";
    const found = readModelFolder(${folder});
    for (let ms = 0; ms < 300; ms += 30) {
      const closing = new AbortController();
      const thread = startModelThread(found, { signal: closing.signal });
      setTimeout(() => closing.abort(), ms);
      await thread.then(({ ended }) => ended, ({ code }) => code);
    }
    console.log("alive");`;
  expect(await printed(code)).toBe("alive");
});

test.each([
  { case: "closed", last: "await embedder.close();" },
  { case: "left open", last: "" },
])("an idle embedder that is $case lets the process end", async ({ last }) => {
  const code = `
    import { openEmbedder } from "./worker-embedder.ts";
    const embedder = await openEmbedder({ folder: ${folder}, maxWaiting: 1, cacheEntries: 1 });
    const [{ tokens }] = await embedder.embed(["What is the capital of France?"]);
    ${last}
    console.log(tokens);`;
  expect(await printed(code)).toBe("9");
});

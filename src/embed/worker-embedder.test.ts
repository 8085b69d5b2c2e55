import { execFile } from "node:child_process";
import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { dot } from "../math/matrix.ts";
import { defaultEmbedderFolder } from "./built-in.ts";
import { openConfiguredEmbedder } from "./default-embedder.ts";
import { openLastingModel } from "./lasting-model.ts";
import { startModelThread } from "./model-thread.ts";
import { queuedEmbedder } from "./queued-embedder.ts";
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

test.each(["exit", "throw", "hang"])("a thread that is lost by %s is replaced", async (poison) => {
  const script = new URL("./testing/unruly-worker.ts", import.meta.url);
  const folder = { path: "", pooling: "mean", maxTokens: 8, modelFile: "", sha256: {} } as const;
  const start = () => startModelThread({ ...folder, name: "fake" }, { script, maxRunMs: 1000 });
  const model = await openLastingModel(start);
  const identity = { name: "fake", dimension: 1024, pooling: "mean", normalized: true } as const;
  const embedder = queuedEmbedder({ ...identity, revision: model.revision }, model, {
    ...limits,
    maxTokens: 8,
  });
  onTestFinished(() => embedder.close());
  const [before] = await embedder.embed(["before"]);
  const lost = [poison, "waits behind it"].map((text) =>
    expect(embedder.embed([text])).rejects.toMatchObject({ code: "embedder_failed" }),
  );
  await Promise.all(lost);
  const [after] = await embedder.embed(["after"]);
  // The unruly worker says its thread's number where tokens stand.
  expect(after?.tokens).not.toBe(before?.tokens);
});

test.each([
  { case: "closed", last: "await embedder.close();" },
  { case: "left open", last: "" },
])("an idle embedder that is $case lets the process end", async ({ last }) => {
  const script = `
    import { openEmbedder } from ${JSON.stringify(import.meta.resolve("./worker-embedder.ts"))};
    const folder = ${JSON.stringify(defaultEmbedderFolder)};
    const embedder = await openEmbedder({ folder, maxWaiting: 1, cacheEntries: 1 });
    const [{ tokens }] = await embedder.embed(["What is the capital of France?"]);
    ${last}
    console.log(tokens);`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--input-type=module-typescript", "-e", script], {
    timeout: 10_000,
  });
  expect(stdout).toBe("9\n");
});

import { join } from "node:path";
import { createInterface } from "node:readline";
import { readModelFolder } from "../../src/embed/model-folder.ts";
import type { OnnxModel } from "../../src/embed/onnx-model.ts";
import { openOnnxModel } from "../../src/embed/onnx-model.ts";
import { openOnnxSession } from "../../src/embed/onnx-session.ts";
import { openEmbedder } from "../../src/embed/worker-embedder.ts";
import { memory, settledMemory } from "../measure/memory.ts";

/**
 * node bench/embed/model-process.ts FOLDER
 *
 * signalbox's own embedding model in a process of its own, with the commands of bench/peers/candle/src/main.rs:
 *
 *     load -              {"exactBatches": boolean}
 *     embed ROW ROW ...   {"wall": ns, "cpu": ns of the process, "vectors": [[number]]}, as the embedder does it
 *     together ROW ...    the same without vectors: the rows in one run, whatever that does to the vectors
 *     resident ROW ...    {"bytes", "peakBytes"} of this process with the embedder of one worker, after the rows
 *
 * A ROW is token ids with commas; word "w7" of the folder's tokenizer has the id 7.
 */
const [, , path = ""] = process.argv;
// As src/embed/model-thread.ts does for its threads: onnxruntime is to measure, not to report.
process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
const folder = readModelFolder(path);
let model: OnnxModel | undefined;
let session: ReturnType<typeof openOnnxSession> | undefined;

const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** Of all threads. The kernel brings it up to date when a thread stops. */
function cpuNanos(): number {
  Atomics.wait(sleeping, 0, 0, 0.05);
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

async function timed<T>(work: () => Promise<T>) {
  const cpu = cpuNanos();
  const started = performance.now();
  const result = await work();
  const wall = (performance.now() - started) * 1e6;
  return { wall, cpu: cpuNanos() - cpu, result };
}

async function answer(command: string, rows: readonly (readonly number[])[]): Promise<object> {
  const texts = rows.map((ids) => ids.map((id) => `w${id}`).join(" "));
  switch (command) {
    case "load": {
      model = await openOnnxModel(folder);
      return { exactBatches: model.exactBatches };
    }
    case "embed": {
      const { result, ...spent } = await timed(async () => model?.embed(texts));
      const { vectors = new Float32Array(), tokens = [] } = result ?? {};
      if (tokens.some((count, row) => count !== rows[row]?.length)) {
        throw new Error(`${path}: a text has ${tokens} tokens`);
      }
      const width = vectors.length / rows.length;
      return {
        ...spent,
        vectors: rows.map((_, row) => [...vectors.subarray(row * width, (row + 1) * width)]),
      };
    }
    case "together": {
      session ??= openOnnxSession(join(path, folder.modelFile));
      const opened = await session;
      await opened.run(rows);
      const { wall, cpu } = await timed(() => opened.run(rows));
      return { wall, cpu };
    }
    case "resident": {
      const embedder = await openEmbedder({ folder, workers: 1, maxWaiting: 64 });
      for (const text of texts) await embedder.embed([text]);
      const bytes = await settledMemory();
      await embedder.close();
      return { bytes, peakBytes: memory("VmHWM") };
    }
  }
  throw new Error(`${command} is no command`);
}

for await (const line of createInterface(process.stdin)) {
  const [command = "", ...rows] = line.split(" ");
  const ids = rows.map((row) => row.split(",").map(Number));
  console.info(JSON.stringify(await answer(command, ids)));
}

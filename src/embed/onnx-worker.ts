import { parentPort, workerData } from "node:worker_threads";
import { RouterError } from "../errors.ts";
import { nativeGate } from "./native-gate.ts";
import { type OnnxModel, openOnnxModel } from "./onnx-model.ts";
import type { Opening, Question, ThreadData } from "./worker-messages.ts";

/** The entry of the worker thread: opens the folder it was given, then answers one question after another. */
const port = parentPort;
if (!port) throw new Error("onnx-worker.ts runs as a worker thread only");

try {
  const { folder, device, gate } = workerData as ThreadData;
  serve(await openOnnxModel(folder, nativeGate(gate), device));
} catch (thrown) {
  const { code, detail, remedy } = RouterError.from(thrown);
  port.postMessage({ kind: "failed", code, detail, remedy } satisfies Opening);
}

function serve({ revision, exactBatches, embed }: OnnxModel): void {
  port?.on("message", async (texts: Question) => {
    const answer = await embed(texts);
    port.postMessage(answer, [answer.vectors.buffer]);
  });
  port?.postMessage({ kind: "ready", revision, exactBatches } satisfies Opening);
}

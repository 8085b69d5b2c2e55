import { parentPort, threadId, workerData } from "node:worker_threads";
import type { Opening, Question } from "../worker-messages.ts";
import { fakeAnswer } from "./fake-model.ts";

/** A worker that misbehaves when it is told to; its revision differs where the folder's name says so. */
parentPort?.on("message", (texts: Question) => {
  if (texts.includes("exit")) process.exit(7);
  if (texts.includes("throw")) throw new Error("the worker threw");
  if (texts.includes("hang")) for (;;);
  parentPort?.postMessage({ ...fakeAnswer(texts), tokens: texts.map(() => threadId) });
});
if (workerData.folder.name === "never opens") process.exit(3);
parentPort?.postMessage({
  kind: "ready",
  revision: "0123456789ab",
  exactBatches: true,
} satisfies Opening);

import { parentPort } from "node:worker_threads";
import type { Question } from "../worker-messages.ts";

/** The real worker, which a text can end (`exit`) or hang (`hang`); a long one computes for a while. */
parentPort?.on("message", (texts: Question) => {
  if (texts.includes("exit")) process.exit(7);
  if (texts.includes("hang")) for (;;);
});
await import("../onnx-worker.ts");

import { Worker } from "node:worker_threads";
import { RouterError } from "../errors.ts";
import type { Device } from "./device.ts";
import type { ModelFolder } from "./model-folder.ts";
import { gateMemory, shutGate } from "./native-gate.ts";
import { unlessAborted } from "./unless-aborted.ts";
import type { Answer, ModelFacts, Opening, Question, ThreadData } from "./worker-messages.ts";

/** A worker thread that has its model open. */
export interface ModelThread extends ModelFacts {
  /** One call at a time. Rejects with `embedder_failed` when the thread ends, or takes too long and is ended. */
  run(texts: readonly string[]): Promise<Answer>;
  /** Resolves, with the reason, when the thread cannot be used any more. */
  readonly ended: Promise<RouterError>;
  stop(): Promise<void>;
}

export interface ThreadOptions {
  /** What the thread runs. */
  readonly script?: URL | undefined;
  /** A run that takes longer hangs: the slowest allowed text, 512 tokens through Qwen3 in float, takes about 4 s. */
  readonly maxRunMs?: number | undefined;
  /** Stops the thread, also while it opens. */
  readonly signal?: AbortSignal;
  /** `cpu` without it. */
  readonly device?: Device | undefined;
}

/** The worker's file has the ending of this one: .ts in a checkout, .js where it was compiled. */
const onnxWorker = import.meta.url.endsWith(".ts")
  ? new URL("./onnx-worker.ts", import.meta.url)
  : new URL("./onnx-worker.js", import.meta.url);

/** Reading and hashing 2.3 GB from a slow disk takes a minute; nothing that will ever open takes longer. */
const maxOpenMs = 120_000;

/** A thread inside native code cannot be ended before it returns; closing does not wait for it for ever. */
const maxStopMs = 2_000;

/**
 * onnxruntime of 1.29 and later tells Microsoft of every model that it opens, and writes an id of the machine below
 * HOME, unless this is set before its first session. Here, because only the main thread's environment is the process's.
 */
function keepToThisMachine(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}

/** Rejects with the RouterError of the worker when it cannot open the folder. */
export async function startModelThread(
  folder: ModelFolder,
  { script = onnxWorker, maxRunMs = 10_000, signal, device = "cpu" }: ThreadOptions = {},
): Promise<ModelThread> {
  const gate = gateMemory();
  const workerData: ThreadData = { folder, device, gate };
  keepToThisMachine();
  // Without the flags of this process: some, --input-type among them, are refused for a thread that runs a file.
  const worker = new Worker(script, { workerData, name: "embedder", execArgv: [] });
  const ended = Promise.withResolvers<RouterError>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // The one message that is waited for, by whoever asked for it.
  let expected: PromiseWithResolvers<Opening | Answer> | undefined;
  let fault: RouterError | undefined;

  function lose(reason: string, cause?: unknown): void {
    if (fault) return;
    fault = new RouterError(
      "embedder_failed",
      `the embedder's thread ${reason}`,
      "It is started again by itself; if it keeps ending, look for its first error in the log",
      { cause },
    );
    ended.resolve(fault);
    signal?.removeEventListener("abort", abort);
    expected?.reject(fault);
    void end();
  }

  async function end(): Promise<void> {
    await Promise.race([shutGate(gate), exited]);
    await worker.terminate();
  }

  const abort = () => lose("was stopped");
  signal?.addEventListener("abort", abort);

  async function answerWithin<T extends Opening | Answer>(limitMs: number): Promise<T> {
    if (fault) throw fault;
    expected = Promise.withResolvers();
    const timer = setTimeout(lose, limitMs, `did not answer for ${limitMs / 1000} s`);
    // While somebody waits the process must not exit; an idle thread is no reason to stay.
    worker.ref();
    try {
      return (await expected.promise) as T;
    } finally {
      clearTimeout(timer);
      // A thread that is being ended is waited for: a process that exits while it computes is aborted.
      if (!fault) worker.unref();
    }
  }

  worker.on("message", (message: Opening | Answer) => expected?.resolve(message));
  worker.on("error", (error) => lose(`failed: ${error.message}`, error));
  worker.on("exit", (code) => lose(`ended with exit code ${code}`));

  const opening = await answerWithin<Opening>(maxOpenMs);
  if (opening.kind === "failed") {
    lose("could not open its model");
    throw new RouterError(opening.code, opening.detail, opening.remedy);
  }

  return {
    revision: opening.revision,
    exactBatches: opening.exactBatches,
    ended: ended.promise,
    run(texts) {
      const answer = answerWithin<Answer>(maxRunMs);
      worker.postMessage(texts satisfies Question);
      return answer;
    },
    async stop() {
      lose("was stopped");
      await unlessAborted(exited, AbortSignal.timeout(maxStopMs)).catch(() => worker.unref());
    },
  };
}

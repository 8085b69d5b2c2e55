import { statSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { Availability } from "./circuit-breaker.ts";
import type { Device } from "./device.ts";
import { type Embedder, type EmbedderIdentity, embeddingDimension } from "./embedder.ts";
import { type ModelFolder, readModelFolder, weightsBeside } from "./model-folder.ts";
import { openModelPool } from "./model-pool.ts";
import { startModelThread } from "./model-thread.ts";
import { type EmbedderLimits, queuedEmbedder } from "./queued-embedder.ts";
import type { SharedCache } from "./shared-cache.ts";
import { workerCount } from "./worker-count.ts";

export interface WorkerOptions {
  /** Threads; without it as many as suit the machine and the model. */
  readonly workers?: number | undefined;
  /** Threads that are warm when the embedder is open; the others follow. 1 without it. */
  readonly minWorkers?: number | undefined;
  /** A thread whose run takes longer is replaced. */
  readonly maxRunMs?: number | undefined;
  /** For the log: a thread was lost or did not open, and when one opened after that. */
  readonly onStateChange?: ((now: Availability) => void) | undefined;
  /** `cpu` without it. A GPU has one thread. */
  readonly device?: Device | undefined;
  /** What the threads run; for tests. */
  readonly script?: URL | undefined;
}

export interface EmbedderOptions extends Omit<EmbedderLimits, "maxTokens">, WorkerOptions {
  /** As `findModel` gives it, or the path of a folder that says all of itself. */
  readonly folder: string | ModelFolder;
  /** Opened for this embedder's identity, and closed with it. */
  readonly openShared?: ((identity: EmbedderIdentity) => Promise<SharedCache>) | undefined;
}

/**
 * An embedder whose model runs in worker threads, `minWorkers` of them warm when the promise resolves. Rejects with
 * RouterError `model_not_found` or `artifact_invalid`. It does not keep an idle process alive.
 */
export async function openEmbedder({ folder, ...options }: EmbedderOptions): Promise<Embedder> {
  const found = typeof folder === "string" ? readModelFolder(folder) : folder;
  const {
    minWorkers = 1,
    maxRunMs,
    script,
    onStateChange,
    openShared,
    device,
    ...limits
  } = options;
  const onCpu = device === undefined || device === "cpu";
  const workers =
    options.workers ?? (onCpu ? workerCount(modelBytes(found), minWorkers, machine()) : 1);
  const pool = await openModelPool(
    (signal) => startModelThread(found, { script, maxRunMs, signal, device }),
    { workers, minWorkers, onStateChange },
  );
  const { name, pooling, maxTokens } = found;
  const { revision } = pool;
  const identity = { name, revision, dimension: embeddingDimension, pooling, normalized: true };
  try {
    const shared = await openShared?.(identity);
    const embedder = queuedEmbedder(identity, pool, { ...limits, maxTokens }, shared);
    return { ...embedder, modelFile: found.modelFile };
  } catch (thrown) {
    await pool.close();
    throw thrown;
  }
}

function modelBytes({ path, modelFile }: ModelFolder): number {
  const files = [modelFile, ...weightsBeside(path, modelFile)];
  return files.reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}

/** A container's limits count; Node says 2^64 where memory has none. */
const machine = () => ({
  cores: availableParallelism(),
  memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Infinity),
});

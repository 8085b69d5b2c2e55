import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LoadJob, LoadResult } from "./job.ts";

export interface LoadDriver {
  /** Of the backend to put behind Envoy. */
  readonly backendPort: number;
  /** One job at a time. */
  run(job: LoadJob): Promise<LoadResult>;
  close(): Promise<void>;
}

/** Client and backend for load, in a thread of their own. */
export async function startLoadDriver(): Promise<LoadDriver> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  const [backendPort] = (await once(worker, "message")) as [number];
  return {
    backendPort,
    async run(job) {
      worker.postMessage(job);
      const [result] = (await once(worker, "message")) as [LoadResult];
      return result;
    },
    async close() {
      await worker.terminate();
    },
  };
}

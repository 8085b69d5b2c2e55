import { Worker } from "node:worker_threads";
import type { Artifact } from "../artifact/artifact.ts";
import { type ErrorCode, RouterError } from "../errors.ts";

/** What the thread is asked. */
export interface Wanted {
  readonly algorithm: Artifact["algorithm"];
  readonly path: string;
  readonly maxBytes: number;
}

/** What it answers. */
export type LoadedAside =
  | { readonly kind: "loaded"; readonly artifact: Artifact }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly detail: string;
      readonly remedy: string;
    };

/** The thread's file has the ending of this one: .ts in a checkout, .js where it was compiled. */
const script = import.meta.url.endsWith(".ts")
  ? new URL("./artifact-worker.ts", import.meta.url)
  : new URL("./artifact-worker.js", import.meta.url);

/** `loadArtifact` in a thread of its own: a file of hundreds of megabytes takes a second, for which no request may wait. */
export async function loadArtifactAside(
  algorithm: Artifact["algorithm"],
  path: string,
  maxBytes: number,
): Promise<Artifact> {
  const workerData: Wanted = { algorithm, path, maxBytes };
  const worker = new Worker(script, { workerData, name: "artifact", execArgv: [] });
  const answer = await new Promise<LoadedAside>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread ended with exit code ${code}`)));
  });
  if (answer.kind === "loaded") return answer.artifact;
  throw new RouterError(answer.code, answer.detail, answer.remedy);
}

import { isMarkedAsUntransferable, parentPort, workerData } from "node:worker_threads";
import { loadArtifact } from "../artifact/load-artifact.ts";
import { RouterError } from "../errors.ts";
import type { LoadedAside, Wanted } from "./artifact-thread.ts";

const { algorithm, path, maxBytes } = workerData as Wanted;

function load(): LoadedAside {
  try {
    return { kind: "loaded", artifact: loadArtifact(algorithm, path, maxBytes) };
  } catch (thrown) {
    const { code, detail, remedy } = RouterError.from(thrown);
    return { kind: "failed", code, detail, remedy };
  }
}

/** Of every array in it: moved to the other thread, where a copy of hundreds of megabytes would hold up requests. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value;
    if (buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer)) found.add(buffer);
  } else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) buffersOf(part, found);
  }
  return found;
}

const answer = load();
parentPort?.postMessage(answer, [...buffersOf(answer)]);

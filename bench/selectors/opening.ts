import { readFileSync } from "node:fs";
import { loadArtifact } from "../../src/artifact/load-artifact.ts";
import { openSelector } from "../../src/select/open-selector.ts";
import { memory, settledMemory } from "../measure/memory.ts";
import type { Opened } from "./opened.ts";

/**
 * node --expose-gc bench/selectors/opening.ts KIND FILE PROBE
 *
 * Opens one knn file in a process of its own and prints what that took, as JSON. KIND `open` is signalbox's loader and
 * selector, `parse` is JSON.parse and a copy into singles. PROBE holds a feature vector as singles.
 */
const [, , kind, file = "", probe = ""] = process.argv;
const maxBytes = 4 * 1024 ** 3;

async function open(): Promise<(x: Float32Array) => unknown> {
  const selector = openSelector(await loadArtifact("knn", file, maxBytes));
  return (x) => selector.select(x);
}

function parse(): (x: Float32Array) => unknown {
  const { embeddings } = JSON.parse(readFileSync(file, "utf8")) as { embeddings: number[][] };
  const width = embeddings[0]?.length ?? 0;
  const rows = new Float32Array(embeddings.length * width);
  embeddings.forEach((row, at) => {
    rows.set(row, at * width);
  });
  return (x) => (rows[0] as number) - (x[0] as number);
}

const x = new Float32Array(new Uint8Array(readFileSync(probe)).buffer);
const before = await settledMemory();
const cpu = process.cpuUsage();
const started = performance.now();
const use = kind === "parse" ? parse() : await open();
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
const peakBytes = memory("VmHWM") - before;
// Held by use until after the measurement.
use(x);
const residentBytes = (await settledMemory()) - before;
use(x);
const opened: Opened = { ms, cpuMs: (user + system) / 1000, peakBytes, residentBytes };
console.info(JSON.stringify(opened));

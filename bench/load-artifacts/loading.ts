/**
 * node --expose-gc bench/load-artifacts/loading.ts naive|loader ALGORITHM FILE
 *
 * Loads one file in a fresh process, and prints what it took as JSON. `naive` is what stands in for a reader otherwise:
 * JSON.parse of the whole text, its rows copied into one typed array.
 */
import { readFileSync } from "node:fs";
import { loadArtifact } from "../../src/artifact/load-artifact.ts";

const [reader, algorithm = "", file = ""] = process.argv.slice(2);

interface Rows {
  readonly embeddings?: number[][];
  readonly rbf_classifiers?: { readonly support_vectors: number[][] }[];
}

function naive(): Float32Array[] {
  const { embeddings, rbf_classifiers: machines = [] }: Rows = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const tables = embeddings ? [embeddings] : machines.map((one) => one.support_vectors);
  return tables.map((rows) => {
    const width = rows[0]?.length ?? 0;
    const flat = new Float32Array(rows.length * width);
    rows.forEach((row, at) => {
      flat.set(row, at * width);
    });
    return flat;
  });
}

const load = (): unknown =>
  reader === "naive" ? naive() : loadArtifact(algorithm as "knn" | "svm", file, 2 ** 31);

/** Linux hands maxRSS of the parent on to a child; VmHWM is of this program alone. */
function peak(): number {
  try {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return Number(kib) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

const collect = globalThis.gc as () => void;
collect();
const residentBefore = process.memoryUsage().rss;
const peakBefore = peak();
const cpu = process.cpuUsage();
const started = performance.now();
const held = load();
const wallMs = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
const peakBytes = peak() - peakBefore;
// Twice, as what the first frees may hold memory of its own.
collect();
collect();
const residentBytes = process.memoryUsage().rss - residentBefore;
console.info(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, peakBytes, residentBytes }));
if (!held) throw new Error("unreachable: it is held until here");

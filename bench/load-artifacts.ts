/**
 * node bench/load-artifacts.ts [VECTORS, 4000 by default]
 *
 * What it costs to load trained files of 1038 numbers a vector, beside JSON.parse and a copy into a typed array: time,
 * peak of memory, and what stays resident while the artifact is held. Each load is a process of its own, because peaks
 * do not go down again; the readers take turns, so that what else the machine does falls on all alike; medians.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kind, writeFiles } from "./load-artifacts/files.ts";
import { writeResults } from "./measure/results.ts";
import { dimension } from "./selectors/synthetic.ts";

const vectors = Number(process.argv[2] ?? 4000);
const rounds = 7;
const kinds: readonly Kind[] = ["rows", "answers", "svm"];

interface Loaded {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly residentBytes: number;
}

const readers = [
  { name: "JSON.parse and copy", reader: "naive", suffix: ".json" },
  { name: "JSON", reader: "loader", suffix: ".json" },
  { name: "safetensors float32", reader: "loader", suffix: "-float32.safetensors" },
  { name: "safetensors int8", reader: "loader", suffix: "-int8.safetensors" },
] as const;

const script = join(import.meta.dirname, "load-artifacts/loading.ts");
// As bin/signalbox starts Node, which bears on memory.
const flags = ["--expose-gc", "--max-semi-space-size=4"];
const folder = mkdtempSync(join(tmpdir(), "signalbox-load-"));

function load(kind: Kind, { reader, suffix }: (typeof readers)[number]): Loaded {
  const algorithm = kind === "svm" ? "svm" : "knn";
  const arguments_ = [...flags, script, reader, algorithm, join(folder, `${kind}${suffix}`)];
  return JSON.parse(execFileSync(process.execPath, arguments_).toString());
}

function median(runs: readonly Loaded[], key: keyof Loaded): number {
  const sorted = runs.map((run) => run[key]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const contentBytes = 4 * vectors * dimension;
const results = [];
try {
  writeFiles(folder, vectors);
  for (const kind of kinds) {
    const runs = readers.map((): Loaded[] => []);
    for (let round = 0; round < rounds; round++) {
      readers.forEach((reader, at) => {
        runs[at]?.push(load(kind, reader));
      });
    }
    const summaries = readers.map(({ name, suffix }, at) => {
      const of = (key: keyof Loaded): number => median(runs[at] ?? [], key);
      return {
        kind,
        reader: name,
        fileBytes: statSync(join(folder, `${kind}${suffix}`)).size,
        wallMs: of("wallMs"),
        cpuMs: of("cpuMs"),
        peakBytes: of("peakBytes"),
        residentBytes: of("residentBytes"),
      };
    });
    const [naive] = summaries;
    console.info(`${kind}: ${vectors} vectors, ${(contentBytes / 1e6).toFixed(1)} MB as float32`);
    console.table(
      summaries.map((one) => ({
        reader: one.reader,
        "file MB": (one.fileBytes / 1e6).toFixed(1),
        "wall ms": one.wallMs.toFixed(0),
        "CPU ms": one.cpuMs.toFixed(0),
        "times faster": ((naive?.wallMs ?? Number.NaN) / one.wallMs).toFixed(1),
        "peak of naive": (one.peakBytes / (naive?.peakBytes ?? Number.NaN)).toFixed(2),
        "resident to content": (one.residentBytes / contentBytes).toFixed(2),
      })),
    );
    results.push(...summaries);
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.info(
  `Raw results: ${writeResults("load-artifacts", { vectors, contentBytes, rounds, results })}`,
);

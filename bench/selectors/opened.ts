import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { KnnArtifact } from "../../src/artifact/artifact.ts";
import { knnToCompact } from "../../src/artifact/compact-knn.ts";
import { clusteredVectors, dimension, type Vectors, votesArtifact } from "./synthetic.ts";

/** What opening one file took in a process of its own. */
export interface Opened {
  readonly ms: number;
  /** All threads. */
  readonly cpuMs: number;
  /** Most memory that was resident at once, less what the process had before. */
  readonly peakBytes: number;
  /** As resident afterwards, garbage collected. */
  readonly residentBytes: number;
}

export interface OpenedFile extends Opened {
  readonly name: string;
  readonly vectors: number;
  /** Resident growth over 4 bytes for each number of the vectors. */
  readonly timesContent: number;
}

export interface Sizes {
  /** Of the files that are read in every way. */
  readonly each: number;
  /** Of the one that shows the memory. */
  readonly large: number;
  readonly rounds: number;
}

const seed = 20261122;

/** Opens knn files in turns; of each the fastest round, as what else the machine does only slows it. */
export function compareOpening(folder: string, { each, large, rounds }: Sizes): OpenedFile[] {
  const draw = clusteredVectors(seed);
  const all = draw(large);
  const some: Vectors = { rows: all.rows.subarray(0, each * dimension), count: each };
  const probe = join(folder, "probe.f32");
  writeFileSync(probe, draw(1).rows);
  const json = writeJson(votesArtifact(some, 4, seed), join(folder, "knn_model.json"));
  const compact = writeCompact(some, join(folder, "knn_model.safetensors"));
  const larger = writeCompact(all, join(folder, "large.safetensors"));
  const ways = [
    { name: "safetensors", kind: "open", file: compact, vectors: each },
    { name: "JSON", kind: "open", file: json, vectors: each },
    { name: "JSON.parse and a copy", kind: "parse", file: json, vectors: each },
    { name: "safetensors", kind: "open", file: larger, vectors: large },
  ];
  const found = ways.map(() => [] as Opened[]);
  for (let round = 0; round < rounds; round++) {
    ways.forEach(({ kind, file }, way) => {
      found[way]?.push(openIn(kind, file, probe));
    });
  }
  return ways.map(({ name, vectors }, way) => {
    const [fastest] = (found[way] ?? []).toSorted((a, b) => a.ms - b.ms) as [Opened];
    return {
      name,
      vectors,
      ...fastest,
      timesContent: fastest.residentBytes / (4 * vectors * dimension),
    };
  });
}

function openIn(kind: string, file: string, probe: string): Opened {
  const script = join(import.meta.dirname, "opening.ts");
  // As bin/signalbox starts Node, which bears on memory.
  const flags = ["--expose-gc", "--max-semi-space-size=4"];
  const output = execFileSync(process.execPath, [...flags, script, kind, file, probe]);
  return JSON.parse(output.toString());
}

const writeCompact = (vectors: Vectors, path: string): string => {
  writeFileSync(path, knnToCompact(votesArtifact(vectors, 4, seed), "float32"));
  return path;
};

/** Upstream's fields, a line a row, written piece by piece: the whole is too long for one string. */
function writeJson(artifact: KnnArtifact, path: string): string {
  const { vectors, vectorOf, models, modelOf, qualities = [], k, features } = artifact;
  const file = openSync(path, "w");
  writeSync(file, `{"algorithm":"knn","trained":true,"k":${k},"embeddings":[`);
  vectorOf.forEach((vector, row) => {
    const numbers = vectors.subarray(vector * dimension, (vector + 1) * dimension);
    writeSync(file, `${row > 0 ? "," : ""}\n${JSON.stringify(Array.from(numbers))}`);
  });
  const rest = {
    labels: Array.from(modelOf, (model) => models[model]),
    qualities: Array.from(qualities),
    features,
  };
  writeSync(file, `],${JSON.stringify(rest).slice(1)}`);
  closeSync(file);
  return path;
}

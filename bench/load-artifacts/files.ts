import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { KnnArtifact, SvmArtifact } from "../../src/artifact/artifact.ts";
import { artifactToCompact } from "../../src/artifact/compact.ts";
import { random } from "../../src/math/random.ts";
import {
  clusteredVectors,
  dimension,
  modelNames,
  rbfArtifact,
  votesArtifact,
} from "../selectors/synthetic.ts";

const machines = 4;

export type Kind = "rows" | "answers" | "svm";

/**
 * Writes the files of every kind: `rows` is a knn file of one row a vector, `answers` one of a row for each of four
 * models that answered it, as upstream's pipeline writes, `svm` four machines that share their vectors. `json` is laid
 * out as Python's json.dump does.
 */
export function writeFiles(folder: string, count: number): void {
  const vectors = clusteredVectors(1)(count);
  const one = { ...votesArtifact(vectors, machines, 2), latenciesNs: latencies(count) };
  const answers: KnnArtifact = {
    ...one,
    vectorOf: Uint32Array.from({ length: count * machines }, (_, row) =>
      Math.floor(row / machines),
    ),
    modelOf: Uint32Array.from({ length: count * machines }, (_, row) => row % machines),
    qualities: Float64Array.from({ length: count * machines }, random(3)),
    latenciesNs: latencies(count * machines),
  };
  const svm = rbfArtifact(vectors, machines, 4);
  writeKnn(join(folder, "rows.json"), one);
  writeKnn(join(folder, "answers.json"), answers);
  writeSvm(join(folder, "svm.json"), svm);
  for (const precision of ["float32", "int8"] as const) {
    const write = (kind: Kind, artifact: KnnArtifact | SvmArtifact) =>
      writeFileSync(
        join(folder, `${kind}-${precision}.safetensors`),
        artifactToCompact(artifact, precision),
      );
    write("rows", one);
    write("answers", answers);
    write("svm", svm);
  }
}

const latencies = (count: number): Float64Array => {
  const next = random(5);
  return Float64Array.from({ length: count }, () => Math.floor(next() * 1e10));
};

/** `[0.1, 2.0]`, as Python prints floats. */
const python = (numbers: Iterable<number>): string =>
  `[${Array.from(numbers, (value) => (Number.isInteger(value) ? `${value}.0` : String(value).replace(/e-(\d)$/, "e-0$1"))).join(", ")}]`;

function writeRows(
  file: number,
  vectors: ArrayLike<number> & { subarray(from: number, to: number): Iterable<number> },
  indices: Uint32Array,
): void {
  indices.forEach((vector, row) => {
    const numbers = vectors.subarray(vector * dimension, (vector + 1) * dimension);
    writeSync(file, `${row > 0 ? ", " : ""}${python(numbers)}`);
  });
}

function writeKnn(path: string, artifact: KnnArtifact): void {
  const { k, vectors, vectorOf, models, modelOf, qualities = [], latenciesNs = [] } = artifact;
  const file = openSync(path, "w");
  writeSync(file, `{"algorithm": "knn", "trained": true, "k": ${k}, "embeddings": [`);
  writeRows(file, vectors as Float32Array, vectorOf);
  const labels = Array.from(modelOf, (model) => JSON.stringify(models[model])).join(", ");
  writeSync(file, `], "labels": [${labels}], "qualities": ${python(qualities)}, `);
  writeSync(
    file,
    `"latencies": [${Array.from(latenciesNs).join(", ")}], "feature_dim": ${dimension}}`,
  );
  closeSync(file);
}

function writeSvm(path: string, { gamma, rbf, vectors }: SvmArtifact): void {
  const file = openSync(path, "w");
  writeSync(
    file,
    `{"algorithm": "svm", "trained": true, "kernel_type": "Rbf", "gamma": ${gamma}, `,
  );
  writeSync(
    file,
    `"model_names": ${JSON.stringify(modelNames(machines))}, "linear_classifiers": [], "rbf_classifiers": [`,
  );
  rbf.forEach(({ model, alpha, vectorOf, rho }, at) => {
    writeSync(
      file,
      `${at > 0 ? ", " : ""}{"model_name": "${model}", "alpha": ${python(alpha)}, "support_vectors": [`,
    );
    writeRows(file, vectors as Float32Array, vectorOf);
    writeSync(file, `], "rho": ${rho}, "gamma": ${gamma}}`);
  });
  writeSync(file, "]}");
  closeSync(file);
}

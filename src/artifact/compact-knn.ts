import { z } from "zod";
import { RouterError } from "../errors.ts";
import type { Matrix } from "../math/matrix.ts";
import type { FeatureSpec, KnnArtifact } from "./artifact.ts";
import { type CompactReader, writeCompact } from "./compact-file.ts";
import { decodeRows, encodeRows, type Precision } from "./compact-rows.ts";
import { distinctVectors } from "./distinct-vectors.ts";
import type { Tensor } from "./safetensors.ts";
import { narrowest } from "./safetensors-dtype.ts";
import { tensor } from "./safetensors-write.ts";

const KnnFields = z.object({
  trained: z.boolean(),
  k: z.int().min(1),
  mode: z.enum(["votes", "outcomes"]),
  shrinkage: z.number().min(0),
  quality_weight: z.number().min(0).max(1).optional(),
  models: z.array(z.string()),
});

/**
 * A vector for each run of rows that a query has: of ours one a query. Beside it a table of outcomes by run and model,
 * in which NaN means that there is none.
 */
export function knnToCompact(artifact: KnnArtifact, precision: Precision): Uint8Array {
  const { dimension, models, features, provenance, qualities, latenciesNs } = artifact;
  if (!features) throw unlabelled("knn");
  const fields: z.infer<typeof KnnFields> = {
    trained: artifact.trained,
    k: artifact.k,
    mode: artifact.mode,
    shrinkage: artifact.shrinkage,
    ...(artifact.qualityWeight !== undefined && { quality_weight: artifact.qualityWeight }),
    models: [...models],
  };
  const { vectors, runs, cellOf } = inRuns(artifact);
  const table = (values: Float64Array) => {
    const cells = new Float64Array(runs.length * models.length).fill(Number.NaN);
    cellOf.forEach((cell, row) => {
      cells[cell] = values[row] as number;
    });
    return tensor(narrowest(cells), models.length);
  };
  return writeCompact(
    "knn",
    {
      ...(precision === "float32"
        ? distinctTensors(vectors, runs, dimension)
        : encodeRows(
            gathered(vectors, runs, dimension),
            dimension,
            features.categories.length,
            precision,
          )),
      ...(qualities && { outcomes: table(qualities) }),
      ...(latenciesNs && { latencies: table(latenciesNs) }),
    },
    { features, provenance, fields },
  );
}

/**
 * A run ends where the vector changes, or the order of the models begins anew: two queries may have one vector, and
 * each has its own outcomes. So rows come back as they were, in their order.
 */
function inRuns({ vectors, models, modelOf, vectorOf }: KnnArtifact): {
  readonly vectors: Matrix;
  /** By run: index into `vectors`. */
  readonly runs: Uint32Array;
  /** By row. */
  readonly cellOf: Uint32Array;
} {
  const runs: number[] = [];
  const cellOf = modelOf.map((model, row) => {
    const vector = vectorOf[row] as number;
    const goesOn = row > 0 && vector === vectorOf[row - 1] && model > (modelOf[row - 1] as number);
    if (!goesOn) runs.push(vector);
    return (runs.length - 1) * models.length + model;
  });
  return { vectors, runs: Uint32Array.from(runs), cellOf };
}

function gathered(vectors: Matrix, runs: Uint32Array, dimension: number): Matrix {
  const length = runs.length * dimension;
  const rows =
    vectors instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  runs.forEach((vector, run) => {
    rows.set(vectors.subarray(vector * dimension, (vector + 1) * dimension), run * dimension);
  });
  return rows;
}

/** Every different vector once: who reads them need not look for those that are equal. */
function distinctTensors(
  all: Matrix,
  runs: Uint32Array,
  dimension: number,
): Readonly<Record<string, Tensor>> {
  const { vectors, vectorOf } = distinctVectors(gathered(all, runs, dimension), dimension);
  return { ...encodeRows(vectors, dimension, 0, "float32"), vector_of: tensor(vectorOf) };
}

/** By query, as many as the table of outcomes has rows. */
function readVectors(read: CompactReader, { dimension: width, categories }: FeatureSpec) {
  const rows = decodeRows(read, width, categories.length);
  const dimension = width + categories.length;
  // As the JSON reader does, so that both forms answer alike where two queries have one vector.
  if (!read.has("vector_of")) return distinctVectors(rows, dimension);
  const { values } = read.tensor("vector_of", [undefined]);
  if (!(values instanceof Uint32Array)) throw read.refusal("tensor vector_of is no U32");
  const count = rows.length / dimension;
  const bad = values.findIndex((vector) => vector >= count);
  if (bad >= 0) throw read.refusal(`vector_of[${bad}] is ${values[bad]} of ${count}`);
  return { vectors: rows, vectorOf: values };
}

/** Rows come back by query, then by model. */
export function knnFromCompact(read: CompactReader): KnnArtifact {
  const { features, provenance } = read;
  if (!features) throw read.refusal("features is missing");
  const { models, quality_weight: qualityWeight, ...fields } = read.fields(KnnFields);
  const dimension = features.dimension + features.categories.length;
  const { vectors, vectorOf } = readVectors(read, features);
  const shape = [vectorOf.length, models.length];
  const outcomes = read.doubles(read.tensor("outcomes", shape, true));
  const latencies = read.has("latencies")
    ? read.doubles(read.tensor("latencies", shape, true))
    : undefined;
  const cells = Uint32Array.from(outcomes.keys()).filter((cell) => !Number.isNaN(outcomes[cell]));
  const column = (values: Float64Array) =>
    Float64Array.from(cells, (cell) => values[cell] as number);
  const latenciesNs = latencies && column(latencies);
  if (latenciesNs?.some(Number.isNaN)) throw read.refusal("an outcome has no latency");
  return {
    algorithm: "knn",
    ...fields,
    trained: fields.trained && cells.length > 0,
    dimension,
    vectors,
    vectorOf: cells.map((cell) => vectorOf[Math.floor(cell / models.length)] as number),
    models,
    modelOf: cells.map((cell) => cell % models.length),
    qualities: column(outcomes),
    ...(latenciesNs && { latenciesNs }),
    ...(qualityWeight !== undefined && { qualityWeight }),
    features,
    ...(provenance && { provenance }),
  };
}

/** A table of vectors without the order of its one-hot cannot be taken apart. */
export const unlabelled = (algorithm: string): RouterError =>
  new RouterError(
    "artifact_invalid",
    `The ${algorithm} model does not name its embedder, so it has no compact form`,
    "Write it as JSON, or train it with signalbox",
  );

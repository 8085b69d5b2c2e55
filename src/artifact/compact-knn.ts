import { z } from "zod";
import { RouterError } from "../errors.ts";
import type { KnnArtifact } from "./artifact.ts";
import { type CompactReader, doubles, writeCompact } from "./compact-file.ts";
import { decodeRows, encodeRows, type RowStorage } from "./compact-rows.ts";
import { distinctVectors } from "./distinct-vectors.ts";
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

/** Vectors once, with a table of outcomes by query and model in which NaN means that there is none. */
export function knnToCompact(artifact: KnnArtifact, storage: RowStorage = "I8"): Uint8Array {
  const { dimension, vectors, models, features, provenance } = artifact;
  if (!features) throw unlabelled("knn");
  const { qualities, latenciesNs } = artifact;
  const fields: z.infer<typeof KnnFields> = {
    trained: artifact.trained,
    k: artifact.k,
    mode: artifact.mode,
    shrinkage: artifact.shrinkage,
    ...(artifact.qualityWeight !== undefined && { quality_weight: artifact.qualityWeight }),
    models: [...models],
  };
  const table = (values: Float64Array) =>
    tensor(narrowest(byQuery(artifact, values)), models.length);
  return writeCompact(
    "knn",
    {
      ...encodeRows(vectors, dimension, features.categories.length, storage),
      ...(qualities && { outcomes: table(qualities) }),
      ...(latenciesNs && { latencies: table(latenciesNs) }),
    },
    { features, provenance, fields },
  );
}

function byQuery(
  { vectors, dimension, models, modelOf, vectorOf }: KnnArtifact,
  values: Float64Array,
) {
  const cells = new Float64Array((vectors.length / dimension) * models.length).fill(Number.NaN);
  modelOf.forEach((model, row) => {
    const cell = (vectorOf[row] as number) * models.length + model;
    if (!Number.isNaN(cells[cell])) throw repeated();
    cells[cell] = values[row] as number;
  });
  return cells;
}

/** Rows come back by query, then by model. */
export function knnFromCompact(read: CompactReader): KnnArtifact {
  const { features, provenance } = read;
  if (!features) throw read.refusal("features is missing");
  const { models, quality_weight: qualityWeight, ...fields } = read.fields(KnnFields);
  const dimension = features.dimension + features.categories.length;
  const queries = decodeRows(read, features.dimension, features.categories.length);
  const shape = [queries.length / dimension, models.length];
  // As the JSON reader does, so that both forms answer alike where two queries have one vector.
  const { vectors, vectorOf } = distinctVectors(queries, dimension);
  const outcomes = doubles(read.tensor("outcomes", shape, true));
  const latencies = read.has("latencies")
    ? doubles(read.tensor("latencies", shape, true))
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

const repeated = (): RouterError =>
  new RouterError(
    "artifact_invalid",
    "A query has two outcomes of one model, so the knn model has no compact form",
    "Write it as JSON, or train it with signalbox",
  );

import { z } from "zod";
import { FeatureSpec, type KnnArtifact, Provenance } from "./artifact.ts";
import { distinctVectors } from "./distinct-vectors.ts";
import { checkFeatures } from "./feature-width.ts";
import { type FieldReader, type JsonObject, type Rows, readFields } from "./fields.ts";
import { numbersToJSON, objectToJSON, rowsToJSON } from "./write-rows.ts";

const KnnFields = z.object({
  algorithm: z.string(),
  trained: z.boolean(),
  k: z.int().min(1),
  // Ours; a file of upstream has neither.
  mode: z.enum(["votes", "outcomes"]).default("votes"),
  shrinkage: z.number().min(0).default(0),
  quality_weight: z.number().min(0).max(1).optional(),
  features: FeatureSpec.optional(),
  provenance: Provenance.optional(),
});

/** Upstream counts latencies in signed 64-bit integers of nanoseconds. */
const maxLatencyNs = 2 ** 63;

interface Samples {
  readonly rows: Rows;
  readonly labels: readonly string[];
  readonly qualities: Float64Array;
  readonly latenciesNs: Float64Array;
}

/**
 * Reads knn_model.json, with flat arrays or with the older `samples`. Throws RouterError `artifact_invalid`.
 * `source` names the file in errors.
 */
export function parseKnn(text: string, source = "knn_model.json"): KnnArtifact {
  const read = readFields(text, "knn", source);
  const { k, mode, shrinkage, ...fields } = read.fields(KnnFields, read.file);
  const older = read.file["embeddings"] === undefined && read.file["samples"] !== undefined;
  const { rows, labels, qualities, latenciesNs } = older ? olderSamples(read) : samples(read);
  sameLength(read, rows, "labels", labels, false);
  sameLength(read, rows, "qualities", qualities, mode === "votes");
  sameLength(read, rows, "latencies", latenciesNs, true);
  checkFeatures(read, fields.features, rows.dimension);
  const models = [...new Set(labels)];
  const indexOf = new Map(models.map((model, index) => [model, index]));
  return {
    algorithm: "knn",
    trained: fields.trained && rows.count > 0,
    dimension: rows.dimension,
    k,
    mode,
    shrinkage,
    ...distinctVectors(rows.numbers, rows.dimension),
    models,
    modelOf: Uint32Array.from(labels, (label) => indexOf.get(label) as number),
    ...(qualities.length > 0 && { qualities }),
    ...(latenciesNs.length > 0 && { latenciesNs }),
    ...(fields.quality_weight !== undefined && { qualityWeight: fields.quality_weight }),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

function samples(read: FieldReader): Samples {
  const { file } = read;
  return {
    rows: read.rows(file["embeddings"], "embeddings"),
    labels: read.strings(file["labels"], "labels"),
    qualities: read.numbers(file["qualities"] === undefined ? [] : file["qualities"], "qualities"),
    latenciesNs: latencies(read, file["latencies"] === undefined ? [] : file["latencies"], 1),
  };
}

/** The format before flat arrays, with latencies in milliseconds. Upstream's Python reads it, its Rust does not. */
function olderSamples(read: FieldReader): Samples {
  const items = read.list(read.file["samples"], "samples").map((item, index) => {
    if (typeof item === "object" && item !== null) return item as JsonObject;
    throw read.refusal(`samples[${index}] is not an object`);
  });
  const column = (name: string) => items.map((item) => item[name]);
  return {
    rows: read.rows(column("feature_vector"), "samples.feature_vector"),
    labels: read.strings(column("model_name"), "samples.model_name"),
    qualities: read.numbers(column("quality"), "samples.quality"),
    latenciesNs: latencies(read, column("latency_ms"), 1e6),
  };
}

function latencies(read: FieldReader, value: unknown, nsPerUnit: number): Float64Array {
  const read64 = read.numbers(value, "latencies").map((latency) => Math.round(latency * nsPerUnit));
  const index = read64.findIndex((latency) => Math.abs(latency) > maxLatencyNs);
  if (index < 0) return read64;
  throw read.refusal(`latencies[${index}] is ${read64[index]}, more than 2^63 ns`);
}

function sameLength(
  read: FieldReader,
  rows: Rows,
  field: string,
  values: ArrayLike<unknown>,
  mayBeEmpty: boolean,
): void {
  if (values.length === rows.count || (mayBeEmpty && values.length === 0)) return;
  throw read.refusal(`${field} has length ${values.length}, embeddings has ${rows.count}`);
}

/** A file that upstream reads too; what is ours it ignores. */
export function knnToJSON(artifact: KnnArtifact): string {
  const { models, modelOf, features, provenance, qualityWeight } = artifact;
  return objectToJSON({
    algorithm: '"knn"',
    trained: String(artifact.trained),
    k: String(artifact.k),
    embeddings: rowsToJSON(artifact.vectors, artifact.dimension, artifact.vectorOf),
    labels: JSON.stringify(Array.from(modelOf, (index) => models[index])),
    qualities: numbersToJSON(artifact.qualities ?? []),
    latencies: `[${Array.from(artifact.latenciesNs ?? [], integer).join(",")}]`,
    model_names: JSON.stringify([...models].sort()),
    num_samples: String(modelOf.length),
    feature_dim: String(artifact.dimension),
    mode: artifact.mode === "votes" ? undefined : JSON.stringify(artifact.mode),
    shrinkage: artifact.shrinkage === 0 ? undefined : String(artifact.shrinkage),
    quality_weight: qualityWeight === undefined ? undefined : String(qualityWeight),
    features: features && JSON.stringify(features),
    provenance: provenance && JSON.stringify(provenance),
  });
}

/** The largest signed 64-bit integer is no double: it is read as 2^63, which upstream would refuse. */
const integer = (ns: number): string =>
  ns >= maxLatencyNs ? "9223372036854775807" : BigInt(ns).toString();

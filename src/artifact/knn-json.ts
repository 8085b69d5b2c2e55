import { z } from "zod";
import { FeatureSpec, type KnnArtifact, Provenance } from "./artifact.ts";
import type { ByteSource } from "./byte-source.ts";
import { checkFeatures } from "./feature-width.ts";
import {
  checkFields,
  checkFinite,
  checkString,
  Refusal,
  readFile,
  readList,
  readModel,
  readObject,
  readWhole,
} from "./fields.ts";
import { growingCounts, growingDoubles, type Room } from "./growing.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { readNumbers, readRows, rowReader } from "./json-rows.ts";
import { distinctRows } from "./row-set.ts";
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

/** What zod checks: small. */
const whole = Object.keys(KnnFields.shape);

/**
 * Reads knn_model.json, with flat arrays or with the older `samples`. Throws RouterError `artifact_invalid`.
 * `source` names the file in errors; what is read may occupy `maxBytes`.
 */
export const parseKnn = (
  content: string | ByteSource,
  source = "knn_model.json",
  maxBytes = Number.POSITIVE_INFINITY,
): KnnArtifact => readModel(content, "knn", source, maxBytes, readKnn);

function readKnn(cursor: JsonCursor, room: Room): KnnArtifact {
  const older = olderSamples(cursor, room);
  const flat = flatArrays(cursor, room);
  const file = readFile(cursor, { ...flat.readers, samples: older.read }, whole);
  const { k, mode, shrinkage, ...fields } = checkFields(KnnFields, file);
  const { vectors, vectorOf, labels, qualities, latenciesNs, dimension } = (
    older.wasRead() && !flat.hasRows() ? older : flat
  ).done();
  const count = vectorOf.length;
  sameLength(count, "labels", labels.modelOf.length, false);
  sameLength(count, "qualities", qualities.length, mode === "votes");
  sameLength(count, "latencies", latenciesNs.length, true);
  checkFeatures(fields.features, dimension);
  return {
    algorithm: "knn",
    trained: fields.trained && count > 0,
    dimension,
    k,
    mode,
    shrinkage,
    vectors,
    vectorOf,
    ...labels,
    ...(qualities.length > 0 && { qualities }),
    ...(latenciesNs.length > 0 && { latenciesNs }),
    ...(fields.quality_weight !== undefined && { qualityWeight: fields.quality_weight }),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

function flatArrays(cursor: JsonCursor, room: Room) {
  const columns = knnColumns(cursor, room);
  const seen = new Set<string>();
  const reading = (read: (field: string) => void) => (field: string) => {
    seen.add(field);
    read(field);
  };
  return {
    readers: {
      embeddings: reading((field) => readRows(cursor, field, columns.rows, columns.vectorOf)),
      labels: reading((field) => readList(cursor, field, (_, item) => columns.label(item))),
      qualities: reading((field) => readNumbers(cursor, field, columns.qualities.append)),
      latencies: reading((field) =>
        readNumbers(cursor, field, (numbers, count) => {
          for (let i = 0; i < count; i++) columns.latency(numbers[i] as number);
        }),
      ),
    },
    hasRows: () => seen.has("embeddings"),
    done() {
      for (const field of ["embeddings", "labels"]) {
        if (!seen.has(field)) throw new Refusal(`${field} is missing`);
      }
      return columns.done();
    },
  };
}

/** The format before flat arrays, with latencies in milliseconds. Upstream's Python reads it, its Rust does not. */
function olderSamples(cursor: JsonCursor, room: Room) {
  const columns = knnColumns(cursor, room);
  let wasRead = false;

  function sample(index: number, field: string): void {
    if (cursor.next() !== 0x7b) throw new Refusal(`${field} is not an object`);
    const values = readObject(
      cursor,
      {
        feature_vector: () =>
          columns.vectorOf.push(columns.rows.read(`samples.feature_vector[${index}]`)),
      },
      ["model_name", "quality", "latency_ms"],
      `${field}.`,
    );
    if (columns.vectorOf.length() === index) {
      throw new Refusal(`samples.feature_vector[${index}] is undefined, not an array`);
    }
    columns.labels.add(checkString(values["model_name"], `samples.model_name[${index}]`));
    columns.qualities.push(checkFinite(values["quality"], `samples.quality[${index}]`));
    columns.latency(checkFinite(values["latency_ms"], `latencies[${index}]`) * 1e6);
  }

  return {
    read(field: string) {
      wasRead = true;
      readList(cursor, field, sample);
    },
    wasRead: () => wasRead,
    done: columns.done,
  };
}

/** By row: an index of a distinct vector, a label, a quality and a latency. */
function knnColumns(cursor: JsonCursor, room: Room) {
  const set = distinctRows(room);
  const rows = rowReader(cursor, set, room);
  const vectorOf = growingCounts(room);
  const labels = labelColumn(room);
  const qualities = growingDoubles(room);
  const latencies = growingDoubles(room);
  return {
    rows,
    vectorOf,
    labels,
    qualities,
    label(field: string) {
      if (cursor.next() !== 0x22) checkString(readWhole(cursor, field), field);
      labels.add(cursor.string());
    },
    latency(ns: number) {
      const rounded = Math.round(ns);
      if (Math.abs(rounded) > maxLatencyNs) {
        throw new Refusal(`latencies[${latencies.length()}] is ${rounded}, more than 2^63 ns`);
      }
      latencies.push(rounded);
    },
    done: () => ({
      vectors: set.done(),
      dimension: rows.width(),
      vectorOf: vectorOf.done(),
      labels: labels.done(),
      qualities: qualities.done(),
      latenciesNs: latencies.done(),
    }),
  };
}

/** Far more than anyone routes among; each is a string, which costs more than its bytes in the file. */
const maxModels = 2 ** 16;

function labelColumn(room: Room) {
  const indexOf = new Map<string, number>();
  const modelOf = growingCounts(room);
  return {
    add(label: string) {
      const index = indexOf.get(label) ?? indexOf.size;
      if (index === maxModels) throw new Refusal(`labels has more than ${maxModels} models`);
      if (index === indexOf.size) indexOf.set(label, index);
      modelOf.push(index);
    },
    done: () => ({ models: [...indexOf.keys()], modelOf: modelOf.done() }),
  };
}

function sameLength(rows: number, field: string, length: number, mayBeEmpty: boolean): void {
  if (length === rows || (mayBeEmpty && length === 0)) return;
  throw new Refusal(`${field} has length ${length}, embeddings has ${rows}`);
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

import { z } from "zod";
import { FeatureSpec, type KmeansArtifact, Provenance } from "./artifact.ts";
import type { ByteSource } from "./byte-source.ts";
import { checkFeatures } from "./feature-width.ts";
import {
  checkFields,
  checkFinite,
  checkList,
  checkStrings,
  Refusal,
  readFile,
  readList,
  readModel,
} from "./fields.ts";
import type { Room } from "./growing.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { rowReader } from "./json-rows.ts";
import { everyRow } from "./row-set.ts";
import { numbersToJSON, objectToJSON, rowsToJSON } from "./write-rows.ts";

const clusters = z.int().min(0);

const KmeansFields = z.object({
  algorithm: z.string(),
  trained: z.boolean(),
  num_clusters: clusters.optional(),
  n_clusters: clusters.optional(),
  efficiency_weight: z.number().optional(),
  features: FeatureSpec.optional(),
  provenance: Provenance.optional(),
});

/** Small. Scores are numbers by cluster and model. */
const whole = [
  ...Object.keys(KmeansFields.shape),
  "cluster_models",
  "model_names",
  "cluster_scores",
];

/**
 * Reads kmeans_model.json. Throws RouterError `artifact_invalid`; `source` names the file in it. What is read may occupy
 * `maxBytes`.
 */
export const parseKmeans = (
  content: string | ByteSource,
  source = "kmeans_model.json",
  maxBytes = Number.POSITIVE_INFINITY,
): KmeansArtifact => readModel(content, "kmeans", source, maxBytes, readKmeans);

function readKmeans(cursor: JsonCursor, room: Room): KmeansArtifact {
  const rows = everyRow(room);
  const reader = rowReader(cursor, rows, room);
  let count: number | undefined;
  function centroids(field: string): void {
    count = 0;
    readList(cursor, field, (_, row) => {
      count = reader.read(row) + 1;
    });
  }
  const file = readFile(cursor, { centroids }, whole);
  const fields = checkFields(KmeansFields, file);
  const numClusters = fields.num_clusters ?? fields.n_clusters;
  if (numClusters === undefined) throw new Refusal("num_clusters is missing");
  if (count === undefined) throw new Refusal("centroids is missing");
  const dimension = reader.width();
  checkFeatures(fields.features, dimension);
  const clusterModels = checkStrings(byCluster(file["cluster_models"]), "cluster_models");
  const names = file["model_names"];
  const modelNames =
    names === undefined ? [...new Set(clusterModels)] : checkStrings(names, "model_names");
  const scores = file["cluster_scores"];
  return {
    algorithm: "kmeans",
    trained: fields.trained && count > 0,
    dimension,
    numClusters,
    centroids: rows.done(),
    clusterModels,
    modelNames,
    ...(scores !== undefined && {
      clusterScores: clusterScores(scores, count, modelNames, clusterModels),
    }),
    ...(fields.efficiency_weight !== undefined && { efficiencyWeight: fields.efficiency_weight }),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

/** Older files have an object with the cluster as its key. */
function byCluster(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const models = new Map(Object.entries(value));
  return Array.from(models, (_, cluster) => {
    if (models.has(String(cluster))) return models.get(String(cluster));
    throw new Refusal(`cluster_models has ${models.size} entries but none for cluster ${cluster}`);
  });
}

function clusterScores(
  value: unknown,
  count: number,
  modelNames: readonly string[],
  clusterModels: readonly string[],
): Float64Array {
  const rows = checkList(value, "cluster_scores");
  if (rows.length !== count) {
    throw new Refusal(`cluster_scores has length ${rows.length}, centroids has ${count}`);
  }
  const scores = new Float64Array(rows.length * modelNames.length).fill(Number.NaN);
  rows.forEach((item, cluster) => {
    const field = `cluster_scores[${cluster}]`;
    const row = checkList(item, field);
    if (row.length !== modelNames.length) {
      throw new Refusal(`${field} has length ${row.length}, model_names has ${modelNames.length}`);
    }
    let best = Number.NEGATIVE_INFINITY;
    row.forEach((score, model) => {
      // JSON has no NaN: a model without a record in the cluster has null.
      if (score === null) return;
      const known = checkFinite(score, `${field}[${model}]`);
      scores[cluster * modelNames.length + model] = known;
      best = Math.max(best, known);
    });
    // Else a selection among all models and one among candidates would disagree.
    const own = modelNames.indexOf(clusterModels[cluster] ?? "");
    if (own < 0 || row[own] !== best) {
      throw new Refusal(
        `cluster_models[${cluster}] is ${JSON.stringify(clusterModels[cluster])}, not a model of highest ${field}`,
      );
    }
  });
  return scores;
}

/** A file that upstream reads too; what is ours it ignores. */
export function kmeansToJSON(artifact: KmeansArtifact): string {
  const {
    dimension,
    centroids,
    clusterScores: scores,
    modelNames,
    features,
    provenance,
  } = artifact;
  const count = dimension === 0 ? 0 : centroids.length / dimension;
  const indices = Array.from({ length: count }, (_, cluster) => cluster);
  const width = modelNames.length;
  return objectToJSON({
    algorithm: '"kmeans"',
    trained: String(artifact.trained),
    num_clusters: String(artifact.numClusters),
    centroids: rowsToJSON(centroids, dimension, indices),
    cluster_models: JSON.stringify(artifact.clusterModels),
    n_clusters: String(artifact.numClusters),
    efficiency_weight: numberOrNothing(artifact.efficiencyWeight),
    model_names: JSON.stringify(modelNames),
    feature_dim: String(dimension),
    // JSON.stringify writes NaN as null, which is what the reader wants.
    cluster_scores:
      scores &&
      `[${indices.map((cluster) => numbersToJSON(scores.subarray(cluster * width, (cluster + 1) * width))).join(",")}]`,
    features: features && JSON.stringify(features),
    provenance: provenance && JSON.stringify(provenance),
  });
}

const numberOrNothing = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

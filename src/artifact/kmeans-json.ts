import { z } from "zod";
import { FeatureSpec, type KmeansArtifact, Provenance } from "./artifact.ts";
import { checkFeatures } from "./feature-width.ts";
import { type FieldReader, type Rows, readFields } from "./fields.ts";
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

/** Reads kmeans_model.json. Throws RouterError `artifact_invalid`; `source` names the file in it. */
export function parseKmeans(text: string, source = "kmeans_model.json"): KmeansArtifact {
  const read = readFields(text, "kmeans", source);
  const { file } = read;
  const fields = read.fields(KmeansFields, file);
  const numClusters = fields.num_clusters ?? fields.n_clusters;
  if (numClusters === undefined) throw read.refusal("num_clusters is missing");
  const centroids = read.rows(file["centroids"], "centroids");
  checkFeatures(read, fields.features, centroids.dimension);
  const clusterModels = read.strings(byCluster(read, file["cluster_models"]), "cluster_models");
  const names = file["model_names"];
  const modelNames =
    names === undefined ? [...new Set(clusterModels)] : read.strings(names, "model_names");
  const scores = file["cluster_scores"];
  return {
    algorithm: "kmeans",
    trained: fields.trained && centroids.count > 0,
    dimension: centroids.dimension,
    numClusters,
    centroids: centroids.numbers,
    clusterModels,
    modelNames,
    ...(scores !== undefined && {
      clusterScores: clusterScores(read, scores, centroids, modelNames, clusterModels),
    }),
    ...(fields.efficiency_weight !== undefined && { efficiencyWeight: fields.efficiency_weight }),
    ...(fields.features && { features: fields.features }),
    ...(fields.provenance && { provenance: fields.provenance }),
  };
}

/** Older files have an object with the cluster as its key. */
function byCluster(read: FieldReader, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const models = new Map(Object.entries(value));
  return Array.from(models, (_, cluster) => {
    if (models.has(String(cluster))) return models.get(String(cluster));
    throw read.refusal(`cluster_models has ${models.size} entries but none for cluster ${cluster}`);
  });
}

function clusterScores(
  read: FieldReader,
  value: unknown,
  centroids: Rows,
  modelNames: readonly string[],
  clusterModels: readonly string[],
): Float64Array {
  const rows = read.list(value, "cluster_scores");
  if (rows.length !== centroids.count) {
    throw read.refusal(
      `cluster_scores has length ${rows.length}, centroids has ${centroids.count}`,
    );
  }
  const scores = new Float64Array(rows.length * modelNames.length).fill(Number.NaN);
  rows.forEach((item, cluster) => {
    const field = `cluster_scores[${cluster}]`;
    const row = read.list(item, field);
    if (row.length !== modelNames.length) {
      throw read.refusal(`${field} has length ${row.length}, model_names has ${modelNames.length}`);
    }
    // JSON has no NaN: a model without a record in the cluster has null.
    const known = read.numbers(
      row.map((score) => score ?? 0),
      field,
    );
    known.forEach((score, model) => {
      if (row[model] !== null) scores[cluster * modelNames.length + model] = score;
    });
    // Else a selection among all models and one among candidates would disagree.
    const own = modelNames.indexOf(clusterModels[cluster] ?? "");
    const best = Math.max(...known.filter((_, model) => row[model] !== null));
    if (own < 0 || row[own] !== best) {
      throw read.refusal(
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

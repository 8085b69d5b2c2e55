import { z } from "zod";
import type { KmeansArtifact } from "./artifact.ts";
import { type CompactReader, writeCompact } from "./compact-file.ts";
import { unlabelled } from "./compact-knn.ts";
import { narrowest } from "./safetensors-dtype.ts";
import { tensor } from "./safetensors-write.ts";

const KmeansFields = z.object({
  trained: z.boolean(),
  num_clusters: z.int().min(0),
  cluster_models: z.array(z.string()),
  model_names: z.array(z.string()),
  efficiency_weight: z.number().optional(),
});

export function kmeansToCompact(artifact: KmeansArtifact): Uint8Array {
  const { dimension, centroids, clusterScores, modelNames, features, provenance } = artifact;
  if (!features) throw unlabelled("kmeans");
  const fields: z.infer<typeof KmeansFields> = {
    trained: artifact.trained,
    num_clusters: artifact.numClusters,
    cluster_models: [...artifact.clusterModels],
    model_names: [...modelNames],
    ...(artifact.efficiencyWeight !== undefined && {
      efficiency_weight: artifact.efficiencyWeight,
    }),
  };
  return writeCompact(
    "kmeans",
    {
      centroids: tensor(narrowest(centroids), dimension),
      ...(clusterScores && {
        cluster_scores: tensor(narrowest(clusterScores), modelNames.length),
      }),
    },
    { features, provenance, fields },
  );
}

export function kmeansFromCompact(read: CompactReader): KmeansArtifact {
  const { features, provenance } = read;
  if (!features) throw read.refusal("features is missing");
  const fields = read.fields(KmeansFields);
  const dimension = features.dimension + features.categories.length;
  const { values, shape } = read.tensor("centroids", [undefined, dimension]);
  const [count = 0] = shape;
  const { cluster_models: clusterModels, model_names: modelNames } = fields;
  const scores = read.has("cluster_scores")
    ? read.doubles(read.tensor("cluster_scores", [count, modelNames.length], true))
    : undefined;
  if (scores) checkWinners(read, scores, clusterModels, modelNames);
  return {
    algorithm: "kmeans",
    trained: fields.trained && count > 0,
    dimension,
    numClusters: fields.num_clusters,
    centroids:
      values instanceof Float64Array ? values : Float32Array.from(values as ArrayLike<number>),
    clusterModels,
    modelNames,
    ...(scores && { clusterScores: scores }),
    ...(fields.efficiency_weight !== undefined && { efficiencyWeight: fields.efficiency_weight }),
    features,
    ...(provenance && { provenance }),
  };
}

/** As the JSON reader: else a selection among all models and one among candidates would disagree. */
function checkWinners(
  read: CompactReader,
  scores: Float64Array,
  clusterModels: readonly string[],
  modelNames: readonly string[],
): void {
  const width = modelNames.length;
  for (let cluster = 0; cluster * width < scores.length; cluster++) {
    const row = scores.subarray(cluster * width, (cluster + 1) * width);
    const best = row.reduce(
      // NaN, for no record, is left out.
      (most, score) => (Number.isNaN(score) ? most : Math.max(most, score)),
      Number.NEGATIVE_INFINITY,
    );
    if (row[modelNames.indexOf(clusterModels[cluster] ?? "")] === best) continue;
    throw read.refusal(`cluster_models[${cluster}] is no model of highest cluster_scores`);
  }
}

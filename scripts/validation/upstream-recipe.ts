import {
  type Artifact,
  type KnnArtifact,
  upstreamCategories,
} from "../../src/artifact/artifact.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { answerValue } from "../../src/select/outcome.ts";
import { embedQueries } from "../../src/train/embed-queries.ts";
import type { Examples } from "../../src/train/examples.ts";
import { cluster } from "../../src/train/fit-kmeans.ts";
import { fitKnn } from "../../src/train/fit-knn.ts";
import { featureSpec } from "../../src/train/train-selectors.ts";
import { type TrainingSet, trainingSet } from "../../src/train/training-set.ts";
import type { VectorStore } from "../../src/train/vector-store.ts";

/** Upstream's options, none of which its users change. */
const k = 5;
const clusters = 8;
const gamma = 1;
const qualityWeight = 0.9;
const seed = 42;

/**
 * What vllm-project/semantic-router's trainer writes and its router then selects by: a vote of the 5 nearest rows, the
 * model of the largest sum in each of 8 clusters, and a count of kernel values.
 *
 * Its SVC is trained on every record as an example of its own model, one to three copies of it by its value. Models
 * answer the same queries, so their examples coincide, and nearly all are support vectors; the router then forgets their
 * multipliers. So here every copy is a support vector. Of 800 queries, 8,724 of 8,726 copies were, and 99 %
 * of the choices the same (scikit-learn 1.9.1, `scripts/validation/kernel_count.py`).
 */
export async function upstreamSelectors(
  examples: Examples,
  embedder: Embedder,
  store: VectorStore,
): Promise<readonly Artifact[]> {
  const vectors = await embedQueries(examples.queries, embedder, { batchSize: 32, store });
  const set = trainingSet(examples, vectors, upstreamCategories, qualityWeight);
  // A missing latency counts as 0 there, so as full speed.
  const values = set.qualities.map((quality, cell) =>
    answerValue(quality, set.latencies?.[cell] ?? 0, qualityWeight),
  );
  const own = { ...set, values };
  const features = featureSpec(embedder, upstreamCategories);
  const provenance = { recipe: "vllm-project/semantic-router", k, clusters, gamma };
  return [voting(own), summing(own), counting(own)].map((artifact) => ({
    ...artifact,
    features,
    provenance,
  }));
}

const voting = (set: TrainingSet): KnnArtifact => ({
  ...fitKnn(set, { k, shrinkage: 0, qualityWeight }),
  mode: "votes",
});

function summing(set: TrainingSet): Artifact {
  const { rows, dimension, models, values } = set;
  const { centroids, clusterOf } = cluster(set, { clusters, seed, starts: 10 });
  const held = centroids.length / dimension;
  const sums = new Float64Array(held * models.length);
  values.forEach((value, cell) => {
    const at = clusterOf[Math.floor(cell / models.length)] as number;
    if (!Number.isNaN(value)) sums[at * models.length + (cell % models.length)]! += value;
  });
  const clusterModels = Array.from({ length: held }, (_, at) => {
    const own = sums.subarray(at * models.length, (at + 1) * models.length);
    return models[own.indexOf(Math.max(...own))] as string;
  });
  return {
    algorithm: "kmeans",
    trained: rows.length > 0,
    dimension,
    numClusters: clusters,
    centroids: Float32Array.from(centroids),
    clusterModels,
    modelNames: models,
  };
}

function counting({ rows, dimension, models, values, count }: TrainingSet): Artifact {
  return {
    algorithm: "svm",
    trained: count > 0,
    dimension,
    modelNames: models,
    kernelType: "rbf",
    gamma,
    linear: [],
    rbf: models.map((model, column) => {
      const own = Uint32Array.from({ length: count }, (_, row) => row).filter(
        (row) => !Number.isNaN(values[row * models.length + column]),
      );
      const alpha = Float64Array.from(own, (row) =>
        copies(values[row * models.length + column] as number),
      );
      return { model, vectorOf: own, alpha, rho: 0, gamma };
    }),
    // Upstream does not scale them to length 1, as it does the query.
    vectors: rows,
  };
}

const copies = (value: number): number => Math.min(3, Math.max(1, Math.floor(3 * value + 0.5)));

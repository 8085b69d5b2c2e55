import type {
  FeatureSpec,
  KmeansArtifact,
  KnnArtifact,
  SvmArtifact,
} from "../../src/artifact/artifact.ts";
import { upstreamCategories } from "../../src/artifact/artifact.ts";
import { type Random, random } from "../../src/math/random.ts";

/** Numbers of an embedding, and of a feature vector with its one-hot. */
const width = 1024;
export const dimension = width + upstreamCategories.length;

/**
 * What a vector is made of, as squared lengths: what all texts share, its category, one of the category's topics, and
 * the text itself. Two vectors of a category have a mean cosine of 0.41, others of 0.25.
 */
const parts = { all: 0.25, category: 0.145, topic: 0.24, text: 0.365 };
const topicsPerCategory = 16;

export interface Vectors {
  /** Row-major, `dimension` numbers each: an embedding of length 1 and a one-hot. */
  readonly rows: Float32Array;
  readonly count: number;
}

/** A source of feature vectors as a text embedder gives, one after the other; the same for the same seed. */
export function clusteredVectors(seed: number): (count: number) => Vectors {
  const next = random(seed);
  const directions = (count: number) => Array.from({ length: count }, () => direction(next));
  const [all] = directions(1) as [Float64Array];
  const categories = directions(upstreamCategories.length);
  const topics = categories.map(() => directions(topicsPerCategory));

  return (count) => {
    const rows = new Float32Array(count * dimension);
    for (let row = 0; row < count; row++) {
      const category = Math.floor(next() * categories.length);
      const topic = topics[category]?.[Math.floor(next() * topicsPerCategory)] as Float64Array;
      const own = direction(next);
      const sum = own.map(
        (value, i) =>
          Math.sqrt(parts.text) * value +
          Math.sqrt(parts.topic) * (topic[i] as number) +
          Math.sqrt(parts.category) * (categories[category]?.[i] as number) +
          Math.sqrt(parts.all) * (all[i] as number),
      );
      rows.set(unit(sum), row * dimension);
      rows[row * dimension + width + category] = 1;
    }
    return { rows, count };
  };
}

/** Of chance direction and length 1. */
const direction = (next: Random): Float64Array =>
  unit(Float64Array.from({ length: width }, () => normal(next)));

/** Four even numbers added up are near enough to normal to have no preferred direction. */
const normal = (next: Random): number => next() + next() + next() + next() - 2;

function unit(vector: Float64Array): Float64Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  return vector.map((value) => value / length);
}

export const modelNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `model-${String(index).padStart(2, "0")}`);

const features: FeatureSpec = {
  embedder: "synthetic",
  revision: "000000000000",
  dimension: width,
  pooling: "mean",
  normalized: true,
  categories: [...upstreamCategories],
};
const trained = { trained: true, dimension, features };

/** Each vector is a row of one model, as when each query was benchmarked on one. */
export function votesArtifact({ rows, count }: Vectors, models: number, seed: number): KnnArtifact {
  const next = random(seed);
  return {
    algorithm: "knn",
    ...trained,
    k: 5,
    mode: "votes",
    shrinkage: 0,
    vectors: rows,
    vectorOf: Uint32Array.from({ length: count }, (_, row) => row),
    models: modelNames(models),
    modelOf: Uint32Array.from({ length: count }, () => Math.floor(next() * models)),
    qualities: Float64Array.from({ length: count }, next),
  };
}

/** Every model answered every vector's query. */
export function outcomesArtifact(
  { rows, count }: Vectors,
  models: number,
  seed: number,
): KnnArtifact {
  const next = random(seed);
  return {
    ...votesArtifact({ rows, count }, models, seed),
    k: 300,
    mode: "outcomes",
    shrinkage: 10,
    vectorOf: Uint32Array.from({ length: count * models }, (_, row) => Math.floor(row / models)),
    modelOf: Uint32Array.from({ length: count * models }, (_, row) => row % models),
    qualities: Float64Array.from({ length: count * models }, next),
  };
}

export function kmeansArtifact({ rows, count }: Vectors): KmeansArtifact {
  return {
    algorithm: "kmeans",
    ...trained,
    numClusters: count,
    centroids: rows,
    clusterModels: modelNames(count),
    modelNames: modelNames(count),
  };
}

/** Machines that share every support vector, as one-against-all machines of one training set nearly do. */
export function rbfArtifact({ rows, count }: Vectors, models: number, seed: number): SvmArtifact {
  const next = random(seed);
  const vectorOf = Uint32Array.from({ length: count }, (_, row) => row);
  return {
    algorithm: "svm",
    ...trained,
    modelNames: modelNames(models),
    kernelType: "rbf",
    gamma: 1,
    linear: [],
    rbf: modelNames(models).map((model) => ({
      model,
      vectorOf,
      alpha: Float64Array.from({ length: count }, () => next() * 2 - 1),
      rho: 0,
      gamma: 1,
    })),
    vectors: rows,
  };
}

export function linearArtifact(models: number, seed: number): SvmArtifact {
  const next = random(seed);
  return {
    algorithm: "svm",
    ...trained,
    modelNames: modelNames(models),
    kernelType: "linear",
    gamma: 1,
    linear: modelNames(models).map((model) => ({
      model,
      weights: Float64Array.from({ length: dimension }, () => normal(next)),
      rho: 0,
    })),
    rbf: [],
    vectors: new Float32Array(),
  };
}

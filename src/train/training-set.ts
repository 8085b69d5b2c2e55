import { features } from "../select/features.ts";
import { answerValue } from "../select/outcome.ts";
import type { Examples } from "./examples.ts";

/** What selectors are fitted on: feature vectors, and what each model's answer was worth. */
export interface TrainingSet {
  /** How many queries. */
  readonly count: number;
  /** Of a feature vector. */
  readonly dimension: number;
  /** Numbers at the end of a feature vector that are the one-hot of the category. */
  readonly oneHot: number;
  /** Feature vectors, row-major. */
  readonly rows: Float32Array;
  readonly models: readonly string[];
  /** By query and model, row-major, 0 to 1; NaN where the model did not answer. */
  readonly values: Float64Array;
  /** As `values`: what `values` was made of. */
  readonly qualities: Float64Array;
  /** Seconds. */
  readonly latencies?: Float64Array;
}

/** `vectors` are the embeddings of the queries; `qualityWeight` is quality's share of a value where there are latencies. */
export function trainingSet(
  examples: Examples,
  vectors: Float32Array,
  order: readonly string[],
  qualityWeight: number,
): TrainingSet {
  const count = examples.queries.length;
  const width = vectors.length / count;
  const dimension = width + order.length;
  const rows = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    rows.set(vectors.subarray(row * width, (row + 1) * width), row * dimension);
  }
  return trainingSetIn(examples, rows, order, qualityWeight);
}

/** The same where `rows` has room for the one-hot after each embedding: it is filled in place, so nothing is held twice. */
export function trainingSetIn(
  { queries, categories, models, qualities, latencies }: Examples,
  rows: Float32Array,
  order: readonly string[],
  qualityWeight: number,
): TrainingSet {
  const count = queries.length;
  const dimension = rows.length / count;
  const none = new Float32Array(0);
  categories.forEach((category, row) => {
    rows.set(features(none, category, order), (row + 1) * dimension - order.length);
  });
  const values = qualities.map((quality, cell) =>
    answerValue(quality, latencies?.[cell], qualityWeight),
  );
  const sized = { count, dimension, oneHot: order.length };
  return { ...sized, rows, models, values, qualities, ...(latencies && { latencies }) };
}

/** The queries at `indices` only, in that order. */
export function subset(set: TrainingSet, indices: ArrayLike<number>): TrainingSet {
  const width = set.models.length;
  const qualities = rowsAt(set.qualities, width, indices);
  return {
    count: indices.length,
    dimension: set.dimension,
    oneHot: set.oneHot,
    rows: rowsAt(set.rows, set.dimension, indices),
    models: set.models,
    values: rowsAt(set.values, width, indices),
    qualities,
    ...(set.latencies && { latencies: rowsAt(set.latencies, width, indices) }),
  };
}

function rowsAt<T extends Float32Array | Float64Array>(
  table: T,
  width: number,
  indices: ArrayLike<number>,
): T {
  const rows = table.slice(0, 0).constructor as new (length: number) => T;
  const picked = new rows(indices.length * width);
  for (let at = 0; at < indices.length; at++) {
    const row = indices[at] as number;
    picked.set(table.subarray(row * width, (row + 1) * width), at * width);
  }
  return picked;
}

/** A set that knows of a query only its category: the rows are the one-hots. */
export function categoriesAlone(set: TrainingSet): TrainingSet {
  const { count, dimension, oneHot, rows } = set;
  const hot = new Float32Array(count * oneHot);
  for (let row = 0; row < count; row++) {
    hot.set(rows.subarray((row + 1) * dimension - oneHot, (row + 1) * dimension), row * oneHot);
  }
  return { ...set, dimension: oneHot, rows: hot };
}

/** By model: mean of its values, or of nothing 0. */
export function meansOf({
  models,
  values,
  count,
}: Pick<TrainingSet, "models" | "values" | "count">): Float64Array {
  const sums = new Float64Array(models.length);
  const counts = new Float64Array(models.length);
  for (let cell = 0; cell < count * models.length; cell++) {
    const value = values[cell] as number;
    if (Number.isNaN(value)) continue;
    sums[cell % models.length]! += value;
    counts[cell % models.length]!++;
  }
  return sums.map((sum, model) => (counts[model] ? sum / (counts[model] as number) : 0));
}

/** The best single model: what always choosing it would be. */
export const bestModel = (means: Float64Array): number => means.indexOf(Math.max(...means));

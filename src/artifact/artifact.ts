import { z } from "zod";
import type { Matrix } from "../math/matrix.ts";

/** What the feature vectors of an artifact are made of: the `features` block of our files. */
export const FeatureSpec = z.object({
  embedder: z.string().min(1),
  /** First 12 hex digits of the sha-256 of the embedder's model file. */
  revision: z.string().min(1),
  /** Length of the embedding, the one-hot not counted: 1024. */
  dimension: z.int().min(1),
  pooling: z.enum(["mean", "cls", "last-token", "remote"]),
  normalized: z.boolean(),
  /** Order of the one-hot. */
  categories: z.array(z.string().min(1)).min(1),
});
export type FeatureSpec = z.infer<typeof FeatureSpec>;

/** Where an artifact comes from: training data and its sha-256, seed, options, figures. For people; nothing reads it. */
export const Provenance = z.record(z.string(), z.unknown());
export type Provenance = z.infer<typeof Provenance>;

/**
 * The one-hot of vllm-project/semantic-router, so of every file without a `features` block. Not the order of its
 * documentation: engineering has no slot and counts as other; unknown has one that is never set.
 */
export const upstreamCategories: readonly string[] = [
  "math",
  "physics",
  "chemistry",
  "biology",
  "computer science",
  "history",
  "economics",
  "business",
  "law",
  "health",
  "psychology",
  "philosophy",
  "other",
  "unknown",
];

interface ArtifactBase {
  /** False when the file says so or holds no data: it loads, and nothing can be selected with it. */
  readonly trained: boolean;
  /** Length of a feature vector: the embedding's and the one-hot's together. 0 when the file holds no vector. */
  readonly dimension: number;
  readonly features?: FeatureSpec;
  readonly provenance?: Provenance;
}

/** Rows are (query, model) outcomes; rows of one query share its vector. */
export interface KnnArtifact extends ArtifactBase {
  readonly algorithm: "knn";
  readonly k: number;
  /** Votes of the k nearest rows, as upstream; or each model's mean outcome over its k nearest queries. */
  readonly mode: "votes" | "outcomes";
  /**
   * Mode outcomes: an outcome is this much quality and the rest speed, 1 / (1 + latency / 10 s), as in training. Without
   * it speed is relative to the file's latencies, as upstream's. No matter where there are no latencies.
   */
  readonly qualityWeight?: number;
  /** Mode outcomes: as many made-up queries of the model's overall mean join the k real ones. */
  readonly shrinkage: number;
  /** Distinct vectors, `dimension` numbers each. */
  readonly vectors: Matrix;
  /** By row: index into `vectors`. */
  readonly vectorOf: Uint32Array;
  /** Distinct labels, in order of first appearance. */
  readonly models: readonly string[];
  /** By row: index into `models`. */
  readonly modelOf: Uint32Array;
  /** By row, 0 to 1. Absent in files that hold none. */
  readonly qualities?: Float64Array;
  /** By row, nanoseconds. Absent in files that hold none. */
  readonly latenciesNs?: Float64Array;
}

export interface KmeansArtifact extends ArtifactBase {
  readonly algorithm: "kmeans";
  /** What the file declares; it may hold fewer centroids when there was little to train on. */
  readonly numClusters: number;
  /** `dimension` numbers each. */
  readonly centroids: Matrix;
  /** By cluster. May be shorter than the centroids (such a cluster selects nothing) or longer (the rest is ignored). */
  readonly clusterModels: readonly string[];
  /** Names of the columns of `clusterScores`. */
  readonly modelNames: readonly string[];
  /** By cluster and model, row-major: mean score, NaN where the model has no record. Only in our files. */
  readonly clusterScores?: Float64Array;
  readonly efficiencyWeight?: number;
}

/** score = weights . x - rho */
export interface LinearMachine {
  readonly model: string;
  readonly weights: Float64Array;
  readonly rho: number;
}

/** score = sum of alpha[i] exp(-gamma |x - v|^2) - rho, where v = vectors[vectorOf[i]] */
export interface RbfMachine {
  readonly model: string;
  readonly vectorOf: Uint32Array;
  readonly alpha: Float64Array;
  readonly rho: number;
  readonly gamma: number;
}

/** One machine a model; machines share the support vectors that they have in common. */
export interface SvmArtifact extends ArtifactBase {
  readonly algorithm: "svm";
  readonly modelNames: readonly string[];
  /** What the file declares. Upstream writes linear and fills only rbf machines, so scoring goes by the machines. */
  readonly kernelType: "linear" | "rbf";
  readonly gamma: number;
  readonly linear: readonly LinearMachine[];
  readonly rbf: readonly RbfMachine[];
  /** Distinct support vectors, `dimension` numbers each. */
  readonly vectors: Matrix;
}

export type Artifact = KnnArtifact | KmeansArtifact | SvmArtifact;

export const categoriesOf = (artifact: Artifact): readonly string[] =>
  artifact.features?.categories ?? upstreamCategories;

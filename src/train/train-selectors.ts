import type { Artifact, FeatureSpec } from "../artifact/artifact.ts";
import { artifactToCompact, parseCompact } from "../artifact/compact.ts";
import type { Precision } from "../artifact/compact-rows.ts";
import { domainNames } from "../domains.ts";
import type { Embedder, EmbedderIdentity } from "../embed/embedder.ts";
import { RouterError } from "../errors.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { type EmbedOptions, embedQueries } from "./embed-queries.ts";
import type { Examples } from "./examples.ts";
import { type FitOptions, type Fitted, fitSelectors } from "./fit-selectors.ts";
import { trainingSetIn } from "./training-set.ts";

export interface TrainOptions extends Partial<FitOptions>, Partial<EmbedOptions> {
  /** Order of the one-hot. */
  readonly categories?: readonly string[];
  /** Stored in the artifacts: what the records are, when they were trained on. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  /** Of what the artifacts hold, `float32` without it. Their figures are of these. */
  readonly precision?: Precision;
}

export const everyAlgorithm: readonly SelectorAlgorithm[] = ["knn", "kmeans", "svm"];

/**
 * From a benchmark's records, by query, to selectors in the order of `algorithms`. Their artifacts are complete, and
 * exactly what a compact file of that precision holds. The same records, embedder and options give the same artifacts, to
 * the byte. Rejects with RouterError `training_data_invalid` when there is no query, and as `embedder.embed` does.
 */
export async function trainSelectors(
  examples: Examples,
  embedder: Embedder,
  options: TrainOptions = {},
): Promise<readonly Fitted[]> {
  if (examples.queries.length === 0) throw noRecords();
  const {
    categories = domainNames,
    batchSize = 32,
    qualityWeight = 0.9,
    precision = "float32",
    ...rest
  } = options;
  const fitting = { algorithms: everyAlgorithm, seed: 42, folds: 5, qualityWeight, ...rest };
  const embedding = { ...options, batchSize, spare: categories.length };
  const rows = await embedQueries(examples.queries, embedder, embedding);
  const set = trainingSetIn(examples, rows, categories, qualityWeight);
  const features = featureSpec(embedder, categories);
  return fitSelectors(set, fitting).map((fitted): Fitted => {
    const { settings, figures } = fitted;
    const provenance = {
      ...options.provenance,
      seed: fitting.seed,
      queries: set.count,
      ...(set.latencies && { quality_weight: qualityWeight }),
      settings,
      ...(figures && { cross_validation: { folds: fitting.folds, ...figures } }),
    };
    return { ...fitted, artifact: stored({ ...fitted.artifact, features, provenance }, precision) };
  });
}

/** Rounded as the compact form rounds, so that every file of it, compact or JSON, decides alike. */
const stored = (artifact: Artifact, precision: Precision): Artifact =>
  parseCompact(artifact.algorithm, artifactToCompact(artifact, precision));

export const featureSpec = (
  { name, revision, dimension, pooling, normalized }: EmbedderIdentity,
  categories: readonly string[],
): FeatureSpec => ({
  embedder: name,
  revision,
  dimension,
  pooling,
  normalized,
  categories: [...categories],
});

const noRecords = (): RouterError =>
  new RouterError(
    "training_data_invalid",
    "There is no record to train on",
    "Run a benchmark first, and train on its output",
  );

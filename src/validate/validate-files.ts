import { basename } from "node:path";
import type { KnnArtifact } from "../artifact/artifact.ts";
import type { DomainClassifier } from "../classify/domain.ts";
import type { Embedder } from "../embed/embedder.ts";
import { RouterError } from "../errors.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import { openSelector } from "../select/open-selector.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import type { SelectorSettings } from "../select/settings.ts";
import { embedQueries } from "../train/embed-queries.ts";
import type { Examples } from "../train/examples.ts";
import { hashedQueries } from "../train/query-hashes.ts";
import { readExamples } from "../train/read-examples.ts";
import { type Run, readRun } from "../train/run-record.ts";
import type { HoldOut } from "../train/split.ts";
import { everyAlgorithm } from "../train/train-selectors.ts";
import type { VectorStore } from "../train/vector-store.ts";
import { choosable, examplesAt, type HeldOut, rowsOf, splitByQuery } from "./held-out.ts";
import type { Leakage } from "./leakage.ts";
import { type Past, pastOfKnn } from "./past.ts";
import { type DomainRule, predictedCategories } from "./predicted-categories.ts";
import { cautionsOf, gateOf, type Report } from "./report.ts";
import { seenQueries, trainedOn } from "./seen.ts";
import { type LoadOptions, loadSelectorFiles, type SelectorFile } from "./selector-files.ts";
import { validate } from "./validate.ts";

/** What embeds, with the vectors that it gave before. */
export interface StoredEmbedder {
  readonly embedder: Embedder;
  readonly store?: VectorStore | undefined;
}

export interface ValidationInput extends LoadOptions {
  readonly dataFile: string;
  /** What the selectors were trained on. */
  readonly trainingFile?: string | undefined;
  readonly modelsDir: string;
  /** Those to judge. */
  readonly algorithms: readonly SelectorAlgorithm[];
  /** Of the configuration, as serving opens them. */
  readonly settings?: SelectorSettings;
  /**
   * Share of the data file's queries, 0 to 1. Without it all, or of the very file that was trained on what `train`
   * held out.
   */
  readonly testSplit?: number | undefined;
  readonly seed: number;
  readonly skipBadLines: boolean;
  /** Counts queries that were trained on, instead of leaving them out. */
  readonly allowSeen: boolean;
  readonly pair?: readonly [string, string] | undefined;
  readonly failUnder?: number | undefined;
  readonly failUnderLower?: number | undefined;
  readonly date?: string | undefined;
  readonly embedding: StoredEmbedder;
  /** What names the domains, and the embedder that it was trained for. */
  readonly domains: StoredEmbedder & { readonly classifier: DomainClassifier };
  readonly domainRule: DomainRule;
  readonly batchSize: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Judges the selectors of a folder on a file's records. Rejects with RouterError `training_data_invalid` when a file
 * cannot be read or leaves nothing to judge on, and as `loadSelectorFiles` and `embedder.embed` do.
 */
export async function validateFiles(input: ValidationInput): Promise<Report> {
  const { dataFile, trainingFile, seed, embedding, domains, batchSize } = input;
  const { embedder } = embedding;
  const files = await loadSelectorFiles(input.modelsDir, everyAlgorithm, embedder, input);
  const judged = files.filter(({ artifact }) => input.algorithms.includes(artifact.algorithm));
  if (judged.length === 0) throw noneToJudge(input);
  const run = await readRun(input.modelsDir);
  const dataSha256 = await sha256OfFile(dataFile);
  const split = splitOf(input, run, dataSha256);
  const read = await readExamples(dataFile, refuse(input.skipBadLines));
  const all = read.examples;
  const { test, rest } = splitByQuery(all.queries, split.share, split.seed);
  const part = examplesAt(all, test);
  const rows = choosable(part);
  const examples = examplesAt(part, rows);
  if (rows.length === 0) throw nothingToJudge(dataFile, part.queries.length);
  const embed = ({ embedder: by, store }: StoredEmbedder) =>
    embedQueries(examples.queries, by, { batchSize, store, onProgress: input.onProgress });
  const vectors = await embed(embedding);
  const training = trainingFile === undefined ? undefined : await trainingOf(trainingFile);
  const artifacts = files.map(({ artifact }) => artifact);
  const own = run && recordedBy(run, judged) ? run : undefined;
  const hashed = own && hashedQueries(own.queries);
  const traces = { training: training?.queries, hashed, artifacts, dataSha256 };
  const { seen, ...how } = seenQueries(examples, vectors, traces);
  const kept = [...seen.keys()].filter((row) => input.allowSeen || !seen[row]);
  const count = seen.filter(Boolean).length;
  const leakage: Leakage = { ...how, seen: count, counted: input.allowSeen && count > 0 };
  if (kept.length === 0) throw allSeen(leakage);
  const categories = domains.embedder === embedder ? vectors : await embed(domains);
  const predicted = predictedCategories(
    examples.queries,
    categories,
    domains.classifier,
    input.domainRule,
  );
  const held: HeldOut = {
    ...examplesAt(examples, kept),
    vectors: rowsOf(vectors, embedder.dimension, kept),
    predicted: kept.map((row) => predicted[row] as string),
  };
  const past = pastOf(training, artifacts.find(isKnn), examplesAt(all, rest));
  const validation = validate(
    held,
    past,
    judged.map(({ artifact }) => openSelector(artifact, input.settings)),
    {
      seed,
      qualityWeight: qualityWeightOf(judged),
      pair: input.pair,
      recorded: own?.record.statistics.models,
    },
  );
  const gate = gateOf(validation.strategies, leakage, input);
  const cautions = cautionsOf({ ...validation, leakage });
  return {
    ...validation,
    data: {
      file: basename(dataFile),
      sha256: dataSha256,
      queries: held.queries.length,
      models: held.models,
      testSplit: split.share,
      seed: split.seed,
      ...(split.heldOut && { heldOut: true as const }),
      withoutChoice: part.queries.length - rows.length,
      seen: leakage.counted ? 0 : count,
    },
    selectors: judged.map(({ artifact: { algorithm }, file, sha256 }) => ({
      ...{ algorithm, file, sha256 },
    })),
    embedder: { name: embedder.name, revision: embedder.revision },
    categoryAgreement:
      held.predicted.filter((name, row) => name === held.categories[row]).length /
      held.queries.length,
    leakage,
    ...(gate && { gate }),
    warnings: [
      ...cautions,
      ...(trainingFile === undefined ? [] : await otherTraining(trainingFile, judged)),
      ...unknownModels(held, judged),
      ...read.warnings,
    ],
    ...(input.date !== undefined && { date: input.date }),
  };
}

const isKnn = (artifact: { readonly algorithm: string }): artifact is KnnArtifact =>
  artifact.algorithm === "knn";

async function trainingOf(path: string): Promise<Examples> {
  return (await readExamples(path, refuse(true))).examples;
}

const refuse = (skipBadLines: boolean) =>
  ({ refuse: skipBadLines ? "nothing" : "bad lines" }) as const;

function splitOf(
  { testSplit, seed }: Pick<ValidationInput, "testSplit" | "seed">,
  run: Run | undefined,
  dataSha256: string,
): HoldOut & { readonly heldOut: boolean } {
  const held = run?.record.data.sha256 === dataSha256 ? run.record.hold_out : undefined;
  if (testSplit === undefined && held) return { ...held, heldOut: true };
  return { share: testSplit ?? 1, seed, heldOut: false };
}

/** Only of files that the run wrote do its hashes tell. */
const recordedBy = ({ record }: Run, files: readonly SelectorFile[]): boolean => {
  const written = new Set(record.selectors.flatMap((one) => one.files.map(({ sha256 }) => sha256)));
  return files.every(({ sha256 }) => written.has(sha256));
};

/** Where baselines are chosen, the surest first. */
function pastOf(
  training: Examples | undefined,
  knn: KnnArtifact | undefined,
  rest: Examples,
): Past | undefined {
  if (training) return { source: "training file", examples: training };
  const known = knn && pastOfKnn(knn);
  if (known) return known;
  return rest.queries.length > 0 ? { source: "rest of the data file", examples: rest } : undefined;
}

function qualityWeightOf(files: readonly SelectorFile[]): number {
  const stored = files
    .map(({ artifact: { provenance } }) => provenance?.["quality_weight"])
    .find((weight) => typeof weight === "number");
  return stored ?? 0.9;
}

/** Only a file's hash tells that it is another one. */
async function otherTraining(
  path: string,
  files: readonly SelectorFile[],
): Promise<readonly string[]> {
  const sha256 = await sha256OfFile(path);
  return files.flatMap(({ file, artifact }) => {
    const recorded = trainedOn(artifact);
    if (recorded === undefined || recorded === sha256) return [];
    return [`${file} was trained on another file than --training-file, by its sha-256`];
  });
}

function unknownModels(held: HeldOut, files: readonly SelectorFile[]): readonly string[] {
  return files.flatMap(({ file, artifact }) => {
    const { models } = openSelector(artifact);
    const unknown = held.models.filter((model) => !models.includes(model));
    return unknown.length === 0
      ? []
      : [`${file} does not know ${unknown.join(", ")}, and never selects it`];
  });
}

const noneToJudge = ({ modelsDir, algorithms }: ValidationInput): RouterError =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${modelsDir} holds no file of ${algorithms.join(", ")}`,
    "Train it with signalbox train, or correct --models-dir or --algorithm",
  );

const nothingToJudge = (path: string, queries: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path} leaves nothing to judge on: none of the test split's ${queries} queries was answered by two models`,
    "Benchmark the same queries with every model, or raise --test-split",
  );

const allSeen = ({ by, seen }: Leakage): RouterError =>
  new RouterError(
    "training_data_invalid",
    `all ${seen} queries were trained on (found by ${by}), so nothing is left to judge on`,
    "Validate on queries that were held back from training; --allow-seen counts them all the same, and says so",
  );

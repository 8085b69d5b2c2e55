import { basename, join } from "node:path";
import { type Command, Option } from "commander";
import { upstreamCategories } from "../artifact/artifact.ts";
import type { Precision } from "../artifact/compact-rows.ts";
import { domainNames } from "../domains.ts";
import { builtIn } from "../embed/built-in.ts";
import { type Device, devices } from "../embed/device.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import { RouterError } from "../errors.ts";
import { lockFile } from "../files/lock-file.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { hashQueries } from "../train/query-hashes.ts";
import { readExamples } from "../train/read-examples.ts";
import { runRecordFile, writeRun } from "../train/run-record.ts";
import { statisticsOf, statisticsText } from "../train/statistics.ts";
import { everyAlgorithm, trainSelectors } from "../train/train-selectors.ts";
import { crossValidationText } from "../train/training-report.ts";
import { openVectorStore } from "../train/vector-store.ts";
import { type Format, writeSelectors } from "../train/write-selectors.ts";
import { recordsOfHub } from "./hub-records.ts";
import { above0, integer, part, share, whole } from "./number-options.ts";
import { openNamedEmbedder } from "./open-embedder.ts";
import { recordOf } from "./train-record.ts";

export interface TrainOptions {
  readonly dataFile?: string;
  readonly dataRepo?: string;
  readonly outputDir: string;
  readonly config?: string;
  readonly embeddingModel: string;
  readonly embeddingDtype?: Dtype;
  readonly cacheDir: string;
  readonly algorithm: "all" | SelectorAlgorithm;
  readonly knnK?: number;
  readonly kmeansClusters?: number;
  readonly svmKernel: "auto" | "linear" | "rbf";
  readonly svmGamma?: number;
  readonly qualityWeight: number;
  readonly batchSize: number;
  readonly device: Device;
  readonly seed: number;
  readonly format: Format;
  readonly precision: Precision;
  readonly categories: "ours" | "upstream";
  readonly limit?: number;
  readonly sample: number;
  readonly holdOut?: number;
  readonly strict?: boolean;
  readonly date?: string;
  readonly json?: boolean;
}

/** Their feature vectors are 270 MB, and k-means has them once more. */
const defaultSample = 65_536;

export function register(program: Command): void {
  program
    .command("train")
    .description("Train the selectors on a benchmark's records, and say what they gain")
    .option(
      "--data-file <file>",
      "records, JSONL or JSONL in gzip (.gz) (default: those of --data-repo are downloaded)",
    )
    .option("--data-repo <owner/name>", "dataset of the hub (default: upstream's records)")
    .option("--output-dir <folder>", "where the model files go", "models")
    .option(
      "--embedding-model <name>",
      `${builtIn}, qwen3, gte, mpnet, e5, bge, owner/name of the hub, or a folder`,
      builtIn,
    )
    .addOption(
      new Option("--embedding-dtype <name>", "which of its files; as it will be served").choices(
        dtypes,
      ),
    )
    .option("--config <file>", "train for the embedder that this configuration names instead")
    .option("--cache-dir <folder>", "vectors kept for the next run", ".cache/ml_model_selection")
    .addOption(
      new Option("--algorithm <name>", "what to train")
        .choices(["all", ...everyAlgorithm])
        .default("all"),
    )
    .option("--knn-k <number>", "neighbours (default: by cross-validation)", whole)
    .option("--kmeans-clusters <number>", "clusters (default: by cross-validation)", whole)
    .addOption(
      new Option("--svm-kernel <name>", "auto: by cross-validation")
        .choices(["auto", "linear", "rbf"])
        .default("auto"),
    )
    .option("--svm-gamma <number>", "of the rbf kernel (default: 1)", above0)
    .option("--quality-weight <share>", "of quality beside speed, 0 to 1", share, 0.9)
    .option("--batch-size <number>", "queries embedded at once", whole, 32)
    .addOption(
      new Option("--device <name>", "that embeds; mps is Apple's").choices(devices).default("cpu"),
    )
    .option("--seed <number>", "the same seed writes the same bytes", integer, 42)
    .addOption(
      new Option("--format <name>", "of the model files")
        .choices(["json", "safetensors", "both"])
        .default("both"),
    )
    .addOption(
      new Option("--precision <name>", "of the vectors; int8 is a quarter of the size, rounded")
        .choices(["float32", "int8"])
        .default("float32"),
    )
    .addOption(
      new Option("--categories <order>", "of the one-hot; upstream: for its router to read")
        .choices(["ours", "upstream"])
        .default("ours"),
    )
    .option("--limit <number>", "train on the first so many queries", whole)
    .option("--sample <number>", "of more queries, train on so many by hash", whole, defaultSample)
    .option("--hold-out <share>", "of the queries, by hash, for validate to judge on", part)
    .option("--strict", "refuse the file for a bad line, an unknown category, a repeated pair")
    .option("--date <text>", "stored in the files; without it the same data gives the same bytes")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: TrainOptions): Promise<void> {
  const { limit, seed, outputDir, format, precision, device } = options;
  const dataFile = await recordsFile(options);
  const holdOut = options.holdOut === undefined ? undefined : { share: options.holdOut, seed };
  const read = await readExamples(dataFile, {
    refuse: options.strict ? "doubts" : "nothing",
    ...{ limit, seed, holdOut, maxQueries: options.sample },
  });
  for (const warning of read.warnings) say(`warning: ${warning}`);
  const { examples, records, queriesSeen } = read;
  if (examples.queries.length < queriesSeen)
    say(`notice: trained on ${examples.queries.length} of about ${queriesSeen} queries, by hash`);
  const statistics = statisticsOf(examples, records);
  if (!options.json) process.stdout.write(`${statisticsText(statistics)}\n\n`);
  const named = { config: options.config, name: options.embeddingModel, device };
  // Of two runs into one folder each would write a part of what is read as one.
  const release = lockFile(join(outputDir, runRecordFile));
  const opened = openNamedEmbedder({ ...named, dtype: options.embeddingDtype }, 65_536);
  const embedder = await opened.catch((thrown) => {
    release();
    throw thrown;
  });
  try {
    const sha256 = await sha256OfFile(dataFile);
    // A GPU's vectors differ in their last digits.
    const name = device === "cpu" ? embedder.name : `${embedder.name}-${device}`;
    const store = await openVectorStore(options.cacheDir, { ...embedder, name });
    const embedded = { cached: examples.queries.length, computed: 0 };
    const selectors = await trainSelectors(examples, embedder, {
      ...given(options),
      algorithms: options.algorithm === "all" ? everyAlgorithm : [options.algorithm],
      categories: options.categories === "upstream" ? upstreamCategories : domainNames,
      ...{ seed, precision, store },
      provenance: {
        data: basename(dataFile),
        data_sha256: sha256,
        ...(holdOut && { hold_out: holdOut }),
        ...(options.date !== undefined && { date: options.date }),
      },
      onProgress(done, total) {
        embedded.computed = done;
        embedded.cached = examples.queries.length - total;
        progress(done, total);
      },
      onStep: (step) => say(`fitting: ${step}`),
    }).finally(store.close);
    const artifacts = selectors.map(({ artifact }) => artifact);
    const written = await writeSelectors(artifacts, outputDir, format, precision);
    for (const notice of written.notices) say(`notice: ${notice}`);
    const queries = hashQueries(examples.queries, sha256);
    const record = await recordOf({
      ...{ options, dataFile, sha256, read, statistics, holdOut, embedder, selectors },
      files: written.files,
    });
    const recorded = await writeRun(outputDir, { record, queries });
    if (options.json) {
      const { skipped } = read;
      const report = { statistics, skipped, embedded, selectors: record.selectors };
      process.stdout.write(`${JSON.stringify({ ...report, files: written.files, recorded })}\n`);
      return;
    }
    process.stdout.write(`${crossValidationText(selectors, statistics)}\n\n`);
    for (const { path, bytes } of written.files) {
      process.stdout.write(`${path}  ${(bytes / 1e6).toFixed(2)} MB\n`);
    }
    process.stdout.write(`${recorded.join("\n")}\n`);
  } finally {
    release();
    await embedder.close();
  }
}

/** Where there is none, that of a dataset; its usual name is what upstream's trainer looks for. */
async function recordsFile({ dataFile, dataRepo, cacheDir }: TrainOptions): Promise<string> {
  if (dataFile !== undefined && dataRepo !== undefined) throw namedTwice();
  const folder = join(cacheDir, "records", dataRepo?.split("@")[0] ?? "default");
  return dataFile ?? recordsOfHub(dataRepo, folder, ["benchmark_training_data.jsonl"]);
}

const namedTwice = (): RouterError =>
  new RouterError(
    "config_invalid",
    "--data-file and --data-repo name the records twice",
    "Give one of them",
  );

const given = ({
  knnK,
  kmeansClusters,
  svmKernel,
  svmGamma,
  qualityWeight,
  batchSize,
}: TrainOptions) => ({
  knnK,
  kmeansClusters,
  svmKernel: svmKernel === "auto" ? undefined : svmKernel,
  svmGamma,
  qualityWeight,
  batchSize,
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function progress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\rembedded ${done} of ${total} queries${done === total ? "\n" : ""}`);
}

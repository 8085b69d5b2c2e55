import { basename } from "node:path";
import { type Command, Option } from "commander";
import { upstreamCategories } from "../artifact/artifact.ts";
import type { Precision } from "../artifact/compact-rows.ts";
import { domainNames } from "../domains.ts";
import { builtIn } from "../embed/built-in.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { readRecords } from "../train/read-records.ts";
import { statisticsText } from "../train/statistics.ts";
import { everyAlgorithm, trainSelectors } from "../train/train-selectors.ts";
import { crossValidationText } from "../train/training-report.ts";
import { openVectorStore } from "../train/vector-store.ts";
import { type Format, writeSelectors } from "../train/write-selectors.ts";
import { above0, integer, share, whole } from "./number-options.ts";
import { openNamedEmbedder } from "./open-embedder.ts";

interface Options {
  readonly dataFile: string;
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
  readonly seed: number;
  readonly format: Format;
  readonly precision: Precision;
  readonly categories: "ours" | "upstream";
  readonly limit?: number;
  readonly date?: string;
  readonly skipBadLines?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("train")
    .description("Train the selectors on a benchmark's records, and say what they gain")
    .requiredOption("--data-file <file>", "records, JSONL or JSONL in gzip (.gz)")
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
    .option("--date <text>", "stored in the files; without it the same data gives the same bytes")
    .option("--skip-bad-lines", "train on the lines that can be read")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { dataFile, limit, skipBadLines = false, embeddingModel, seed } = options;
  const read = await readRecords(dataFile, {
    skipBadLines,
    ...(limit !== undefined && { maxQueries: limit }),
  });
  for (const warning of read.warnings) say(`warning: ${warning}`);
  const named = { config: options.config, name: embeddingModel, dtype: options.embeddingDtype };
  const embedder = await openNamedEmbedder(named, 65_536);
  try {
    const store = await openVectorStore(options.cacheDir, embedder);
    const provenance = {
      data: basename(dataFile),
      data_sha256: await sha256OfFile(dataFile),
      ...(options.date !== undefined && { date: options.date }),
    };
    const trained = await trainSelectors(read.records, embedder, {
      ...given(options),
      algorithms: options.algorithm === "all" ? everyAlgorithm : [options.algorithm],
      categories: options.categories === "upstream" ? upstreamCategories : domainNames,
      seed,
      precision: options.precision,
      store,
      provenance,
      onProgress: progress,
      onStep: (step) => say(`fitting: ${step}`),
    });
    await store.save();
    const artifacts = trained.selectors.map(({ artifact }) => artifact);
    const { outputDir, format, precision } = options;
    const written = await writeSelectors(artifacts, outputDir, format, precision);
    for (const notice of written.notices) say(`notice: ${notice}`);
    const { statistics, selectors } = trained;
    if (options.json) {
      const results = selectors.map(({ artifact, settings, figures, tried }) => ({
        algorithm: artifact.algorithm,
        settings,
        cross_validation: figures,
        tried,
      }));
      const { skipped } = read;
      const report = { statistics, skipped, selectors: results, files: written.files };
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return;
    }
    process.stdout.write(`${statisticsText(statistics)}\n\n${crossValidationText(trained)}\n\n`);
    for (const { path, bytes } of written.files) {
      process.stdout.write(`${path}  ${(bytes / 1e6).toFixed(2)} MB\n`);
    }
  } finally {
    await embedder.close();
  }
}

const given = ({
  knnK,
  kmeansClusters,
  svmKernel,
  svmGamma,
  qualityWeight,
  batchSize,
}: Options) => ({
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

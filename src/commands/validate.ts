import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { openDomainClassifier } from "../classify/head.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { packageRoot, resolvePath } from "../config/paths.ts";
import type { RouterConfig } from "../config/schema.ts";
import { builtIn, defaultEmbedderFolder } from "../embed/built-in.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { RouterError } from "../errors.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { everyAlgorithm } from "../train/train-selectors.ts";
import { openVectorStore } from "../train/vector-store.ts";
import { consoleText } from "../validate/console-text.ts";
import { validateFiles } from "../validate/validate-files.ts";
import { writeReport } from "../validate/write-report.ts";
import { recordsOfHub, selectorsOfHub } from "./hub-records.ts";
import { finite, integer, share, whole } from "./number-options.ts";
import { openNamedEmbedder } from "./open-embedder.ts";

interface Options {
  readonly dataFile?: string;
  readonly trainingFile?: string;
  readonly modelsDir?: string;
  readonly modelsRepo?: string;
  readonly dataRepo?: string;
  readonly download: boolean;
  readonly algorithm: "all" | SelectorAlgorithm;
  readonly testSplit?: number;
  readonly seed: number;
  readonly config?: string;
  readonly embeddingModel?: string;
  readonly qwen3Model?: string;
  readonly embeddingDtype?: Dtype;
  readonly cacheDir: string;
  readonly batchSize: number;
  readonly weak?: string;
  readonly strong?: string;
  readonly failUnder?: number;
  readonly failUnderLower?: number;
  readonly allowSeen?: boolean;
  readonly report?: string;
  readonly date?: string;
  readonly skipBadLines?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("validate")
    .description("Say what routing gains on queries that the selectors were not trained on")
    .option(
      "--data-file <file>",
      "records, JSONL or JSONL in gzip (default: validation_benchmark_with_gt.jsonl of --models-dir)",
    )
    .option(
      "--training-file <file>",
      "what the selectors were trained on: for baselines and leakage",
    )
    .option(
      "--models-dir <folder>",
      "the model files (default: the configuration's, or .cache/ml-models)",
    )
    .addOption(
      new Option("--algorithm <name>", "what to judge")
        .choices(["all", ...everyAlgorithm])
        .default("all"),
    )
    .option(
      "--test-split <share>",
      "of the queries of the data file, by their hash (default: what train held out of it, else all)",
      share,
    )
    .option("--seed <number>", "of the split and of the intervals", integer, 42)
    .option("--config <file>", "embedder, classifier and selectors as this configuration has them")
    .option("--embedding-model <name>", `as of train (default: ${builtIn})`)
    .option("--qwen3-model <path>", "the same, under the name it has upstream")
    .addOption(new Option("--embedding-dtype <name>", "which of its files").choices(dtypes))
    .option("--cache-dir <folder>", "vectors kept for the next run", ".cache/ml_model_selection")
    .option("--batch-size <number>", "queries embedded at once", whole, 32)
    .option("--weak <model>", "with --strong: the pair of RouteLLM's metrics (default: derived)")
    .option("--strong <model>", "see --weak")
    .option(
      "--fail-under <points>",
      "exit 1 unless every selector gains so much over the best single model, predicted category",
      finite,
    )
    .option("--fail-under-lower <points>", "the same, of the 95 % interval's lower end", finite)
    .option("--allow-seen", "count queries that were trained on, instead of leaving them out")
    .option("--models-repo <owner/name>", "of the hub, for a --models-dir without model files")
    .option("--data-repo <owner/name>", "dataset of the hub, for a --data-file that is not there")
    .option("--no-download", "not even where --models-repo or --data-repo says from where")
    .option("--report <folder>", "write report.json, report.md and report.html")
    .option("--date <text>", "stored in the report; without it the same data gives the same bytes")
    .option("--skip-bad-lines", "judge on the lines that can be read")
    .option("--json", "the report as one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { weak, strong, report: folder } = options;
  if ((weak === undefined) !== (strong === undefined)) throw halfPair();
  if (options.testSplit === 0) throw noTest();
  const loaded =
    options.config === undefined
      ? parseConfig("default_model: none\n", {}, "the defaults")
      : loadConfig(options.config, process.env);
  const { config } = loaded;
  const modelsDir = options.modelsDir ?? configuredFolder(config, options.config);
  const dataFile = await obtained(options, modelsDir);
  const name = options.embeddingModel ?? options.qwen3Model;
  const named = { config: name ? undefined : options.config, name, dtype: options.embeddingDtype };
  const embedder = await openNamedEmbedder(named, maxWaiting);
  const domainEmbedder =
    embedder.name === builtIn
      ? embedder
      : await openEmbedder({ folder: defaultEmbedderFolder, maxWaiting, cacheEntries: 0 });
  try {
    const classifier = openDomainClassifier(
      join(packageRoot, "models/default/domain"),
      domainEmbedder,
    );
    const store = await openVectorStore(options.cacheDir, embedder);
    const domainStore =
      domainEmbedder === embedder ? store : await openVectorStore(options.cacheDir, domainEmbedder);
    const { ml } = config.model_selection;
    const closeStores = () => {
      store.close();
      if (domainStore !== store) domainStore.close();
    };
    const report = await validateFiles({
      dataFile,
      trainingFile: options.trainingFile,
      modelsDir,
      algorithms: options.algorithm === "all" ? everyAlgorithm : [options.algorithm],
      settings: {
        k: ml.knn?.k,
        mode: ml.knn?.mode,
        kernel: ml.svm?.kernel,
        gamma: ml.svm?.gamma,
        numClusters: ml.kmeans?.num_clusters,
      },
      maxBytes: ml.max_artifact_mb * 2 ** 20,
      trustUnlabelled: ml.trust_unlabelled,
      testSplit: options.testSplit,
      seed: options.seed,
      skipBadLines: options.skipBadLines ?? false,
      allowSeen: options.allowSeen ?? false,
      pair: weak !== undefined && strong !== undefined ? [weak, strong] : undefined,
      failUnder: options.failUnder,
      failUnderLower: options.failUnderLower,
      date: options.date,
      embedding: { embedder, store },
      domains: { embedder: domainEmbedder, store: domainStore, classifier },
      domainRule: config.classifier.category_model,
      batchSize: options.batchSize,
      onProgress: progress,
    }).finally(closeStores);
    if (report.data.heldOut)
      say(
        `judged on what train held out of the file: ${report.data.testSplit} of its queries, seed ${report.data.seed}`,
      );
    const doubts = options.config === undefined ? [] : loaded.warnings;
    for (const warning of [...doubts, ...report.warnings]) say(`warning: ${warning}`);
    process.stdout.write(`${options.json ? JSON.stringify(report) : consoleText(report)}\n`);
    if (folder !== undefined) {
      for (const path of await writeReport(report, folder)) say(`written: ${path}`);
    }
    if (report.gate && !report.gate.passed) process.exitCode = 1;
  } finally {
    await embedder.close();
    if (domainEmbedder !== embedder) await domainEmbedder.close();
  }
}

/** The file to judge on. What is not here is downloaded where the options say from where. */
async function obtained(options: Options, modelsDir: string): Promise<string> {
  const { modelsRepo, dataRepo, download } = options;
  const usual = "validation_benchmark_with_gt.jsonl";
  const wanted = options.dataFile ?? join(modelsDir, usual);
  const names = ["knn", "kmeans", "svm"].flatMap((one) => [
    `${one}_model.safetensors`,
    `${one}_model.json`,
  ]);
  const models = names.some((name) => existsSync(join(modelsDir, name)));
  if (download && modelsRepo !== undefined && !models) await selectorsOfHub(modelsRepo, modelsDir);
  if (!download || dataRepo === undefined || existsSync(wanted)) return wanted;
  return recordsOfHub(dataRepo, dirname(wanted), [basename(wanted), usual]);
}

/** Texts that the embedder's queue has room for. */
const maxWaiting = 65_536;

function configuredFolder(config: RouterConfig, path: string | undefined): string {
  const { models_path: folder } = config.model_selection.ml;
  if (path === undefined) return ".cache/ml-models";
  if (folder === undefined) return join(packageRoot, "models/default/selectors");
  return resolvePath(folder, dirname(path), process.cwd());
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function progress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\rembedded ${done} of ${total} queries${done === total ? "\n" : ""}`);
}

const halfPair = (): RouterError =>
  new RouterError("config_invalid", "--weak and --strong go together", "Give both, or neither");

const noTest = (): RouterError =>
  new RouterError("config_invalid", "--test-split is 0", "Give a share above 0, up to 1");

import { dirname, join } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { packageRoot, resolvePath } from "../config/paths.ts";
import { builtIn } from "../embed/built-in.ts";
import { openConfiguredEmbedder } from "../embed/default-embedder.ts";
import { type LabelReport, labelFile } from "../label/label-file.ts";
import type { Labeller } from "../label/labeller.ts";
import { localLabeller } from "../label/local-labeller.ts";
import { openServerLabeller } from "../label/server-labeller.ts";
import type { Shard } from "../shard/shard.ts";
import { labelProgress, plainBytes } from "./label-progress.ts";
import { atLeast0, whole, whole0 } from "./number-options.ts";
import { shardOption } from "./shard-option.ts";

interface Options {
  readonly input: string;
  readonly output: string;
  readonly vsrUrl: string;
  readonly local?: boolean;
  readonly config: string;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly maxRetries: number;
  readonly retryDelay: number;
  readonly shard?: Shard;
  readonly overwrite?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("label")
    .alias("add_category_to_training_data")
    .description("Add to each record of a benchmark the domain of its query")
    .option("--input <file>", "records, JSONL or JSONL in gzip (.gz)", "training_data.jsonl")
    .option("--output <file>", "the same records", "training_data_with_category.jsonl")
    .option("--vsr-url <url>", "HTTP API of a running router", "http://localhost:8080")
    .option("--local", "without a server: the embedder and classifier that serve would use")
    .option(
      "--config <file>",
      "with --local: whose threshold and fallback category",
      join(packageRoot, "config/default.yaml"),
    )
    .option("--batch-size <number>", "queries between two lines of progress", whole, 100)
    .option("--concurrency <number>", "queries under way at once", whole, 8)
    .option("--max-retries <number>", "attempts after the first", whole0, 3)
    .option("--retry-delay <seconds>", "before the first of them; then doubled", atLeast0, 1)
    .option("--shard <i/n>", "only this part of the queries; see signalbox merge", shardOption)
    .option("--overwrite", "also label records that have a category")
    .option("--strict", "stop at the first line that is no record, instead of leaving it out")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { input, output, batchSize, concurrency, shard, overwrite, strict } = options;
  const bytes = await plainBytes(input);
  const labeller = await openLabeller(options);
  const progress = labelProgress(process.stderr, { bytes, every: batchSize });
  let report: LabelReport;
  try {
    const job = { input, output, concurrency, shard, overwrite, strict };
    report = await labelFile({ ...job, labeller, onProgress: progress.report });
  } finally {
    progress.end();
    await labeller.close();
  }
  process.stdout.write(options.json ? `${JSON.stringify(jsonOf(report))}\n` : textOf(report));
  if (report.failed > 0 || report.unlabelled > 0) process.exitCode = 1;
}

async function openLabeller(options: Options): Promise<Labeller> {
  const { local, vsrUrl: url, config: path, maxRetries, retryDelay, concurrency } = options;
  if (!local) {
    return openServerLabeller({ url, maxRetries, retryDelayMs: retryDelay * 1000 });
  }
  const { config, warnings } = loadConfig(path, process.env);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const { qwen3_model_path: name = builtIn } = config.embedding_models;
  const serves = name === builtIn && config.embedding.http === undefined;
  // Domains are named from the built-in embedder's vectors, whatever embeds for the selectors. No query comes twice.
  const limits = { ...config.limits, max_waiting_texts: concurrency, cache_entries: 0 };
  const embedder = await openConfiguredEmbedder(
    {
      ...config,
      limits,
      embedding: {
        ...config.embedding,
        http: undefined,
        cache: { ...config.embedding.cache, redis_url: undefined },
      },
      embedding_models: serves ? config.embedding_models : {},
    },
    (file) => resolvePath(file, dirname(path), process.cwd()),
  );
  try {
    return localLabeller(embedder, config);
  } catch (thrown) {
    await embedder.close();
    throw thrown;
  }
}

const jsonOf = ({ badLines, ...report }: LabelReport) => ({ ...report, bad_lines: badLines });

function textOf(report: LabelReport): string {
  const { rows, labelled, kept, unlabelled, asked, resumed, failed, reasons, categories } = report;
  const { bad, badLines } = report;
  const more = bad > badLines.length ? `; and ${bad - badLines.length} more` : "";
  const byCount = Object.entries(categories).sort(([, a], [, b]) => b - a);
  const lines = [
    `${rows} records: ${labelled} labelled, ${kept} had a category, ${unlabelled} have none`,
    `${asked} queries asked, ${resumed} known from an earlier run, ${failed} without an answer`,
    ...Object.entries(reasons).map(([reason, count]) => `  ${count}: ${reason}`),
    ...(bad > 0 ? [`${bad} lines are no records and left out: ${badLines.join("; ")}${more}`] : []),
    ...byCount.map(([category, count]) => `  ${category.padEnd(18)}${count}`),
  ];
  return `${lines.join("\n")}\n`;
}

import { resolve } from "node:path";
import type { Command } from "commander";
import { type BenchmarkReport, benchmark, type RunCode } from "../benchmark/benchmark.ts";
import { codeRunner } from "../benchmark/code-eval.ts";
import { type Model, namedModels, noKey, readModels } from "../benchmark/models.ts";
import { type Query, readQueries } from "../benchmark/queries.ts";
import { rescore } from "../benchmark/rescore.ts";
import { openSandbox } from "../benchmark/sandbox.ts";
import { metricOf } from "../benchmark/score.ts";
import { summaryText } from "../benchmark/summary.ts";
import { RouterError } from "../errors.ts";
import { parseShard, type Shard } from "../shard/shard.ts";
import { benchmarkProgress } from "./benchmark-progress.ts";
import { above0, atLeast0, whole, whole0 } from "./number-options.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

interface Options {
  readonly queries: string;
  readonly models?: string;
  readonly modelConfig?: string;
  readonly endpoint?: string;
  readonly apiKey?: string;
  readonly output: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly concurrency: number;
  readonly limit?: number;
  readonly shard?: Shard;
  readonly timeout: number;
  readonly retries: number;
  readonly stream?: boolean;
  readonly concise?: boolean;
  readonly retryFailed?: boolean;
  readonly overwrite?: boolean;
  readonly rescore?: boolean;
  readonly allowCodeExecution?: boolean;
  readonly progress: boolean;
  readonly json?: boolean;
}

const couldNotRun = 2;

export function register(program: Command): void {
  program
    .command("benchmark")
    .description("Ask LLMs your queries, and record how well and how fast each answers")
    .requiredOption("--queries <file>", "JSONL or JSONL in gzip (.gz), one query a line")
    .option("--models <names>", "models of one server, between commas")
    .option("--model-config <file>", "models.yaml: endpoint, key, headers, price of each")
    .option("--endpoint <url>", "OpenAI-compatible (LLM_ENDPOINT, else http://localhost:8000/v1)")
    .option("--api-key <key>", "for --endpoint (LLM_API_KEY, OPENAI_API_KEY, else dummy)")
    .option("--output <file>", "rows, JSONL; what is there is continued", "benchmark_output.jsonl")
    .option("--max-tokens <number>", "of an answer, unless the models' file says", whole, 1024)
    .option("--temperature <number>", "unless the models' file says", atLeast0, 0)
    .option("--concurrency <number>", "requests at once, for each endpoint", whole, 4)
    .option("--limit <number>", "ask the first so many queries", whole)
    .option("--shard <i/n>", "ask this part of the queries only, as 1/8", parseShard)
    .option("--timeout <seconds>", "of one attempt", above0, 600)
    .option("--retries <number>", "of a request that may succeed the next time", whole0, 2)
    .option("--stream", "stream the answers, and record the time to the first token")
    .option("--concise", "ask for the bare answer")
    .option("--retry-failed", "ask once more what failed in an earlier run")
    .option("--overwrite", "begin anew instead of continuing")
    .option("--rescore", "ask nobody: judge the responses of --output anew, by --queries")
    .option("--allow-code-execution", "run answers to code_eval queries, in a sandbox")
    .option("--no-progress", "no progress on stderr")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const models = options.rescore ? [] : modelsOf(options);
  checkOutput(options);
  const { queries, warnings } = await readQueries(options.queries, {
    ...(options.limit !== undefined && { limit: options.limit }),
    shard: options.shard,
  });
  for (const warning of warnings) say(`warning: ${warning}`);
  const code = queries.some((query) => metricOf(query) === "code_eval");
  if (code && !options.allowCodeExecution) {
    say(`warning: ${options.rescore ? codeKept : codeRefused}`);
  }
  const runCode = code && options.allowCodeExecution ? codeRunner(await openSandbox()) : undefined;
  if (options.rescore) return judgeAnew(options, queries, runCode);
  const progress = benchmarkProgress(process.stderr);
  const { stop, release } = stopOnSignal(() => {
    progress.end();
    say("stopping: requests under way may end; once more to drop them");
  });
  try {
    const report = await benchmark({
      models,
      queries,
      output: options.output,
      concurrency: options.concurrency,
      timeoutMs: options.timeout * 1000,
      retries: options.retries,
      stream: options.stream === true,
      concise: options.concise === true,
      retryFailed: options.retryFailed,
      overwrite: options.overwrite,
      runCode,
      stop,
      onProgress: options.progress ? progress.report : undefined,
    });
    progress.end();
    conclude(report, options);
  } finally {
    progress.end();
    release();
  }
}

async function judgeAnew(
  { output, json }: Options,
  queries: readonly Query[],
  runCode: RunCode | undefined,
): Promise<void> {
  const { stop, release } = stopOnSignal(() => say(`stopping: ${output} stays as it was`));
  try {
    const report = await rescore({ queries, output, runCode, signal: stop.soon });
    const { models, rows, judged, changed } = report;
    if (json) process.stdout.write(`${JSON.stringify({ output, ...report })}\n`);
    else process.stdout.write(`${summaryText(models)}\n\n`);
    say(`${output}: ${judged} of ${rows} rows judged anew, ${changed} changed`);
  } catch (thrown) {
    if (!stop.soon.aborted) throw thrown;
    process.exitCode = couldNotRun;
  } finally {
    release();
  }
}

function checkOutput({ output, queries }: Options): void {
  if (output.endsWith(".gz")) throw packed(output);
  if (resolve(output) !== resolve(queries)) return;
  throw new RouterError("config_invalid", "--output is --queries", "Choose another --output");
}

function modelsOf(options: Options): readonly Model[] {
  const { models, modelConfig, maxTokens, temperature } = options;
  if ((models === undefined) === (modelConfig === undefined)) {
    throw new RouterError(
      "config_invalid",
      "exactly one of --models and --model-config is needed",
      "Give --models NAME,NAME or --model-config FILE",
    );
  }
  const { env } = process;
  const defaults = {
    endpoint: options.endpoint ?? (env["LLM_ENDPOINT"] || "http://localhost:8000/v1"),
    apiKey: options.apiKey ?? (env["LLM_API_KEY"] || env["OPENAI_API_KEY"] || noKey),
    maxTokens,
    temperature,
  };
  if (modelConfig !== undefined) return readModels(modelConfig, defaults, env);
  const names = (models ?? "").split(",").map((name) => name.trim());
  if (names.includes("")) {
    throw new RouterError("config_invalid", "--models holds an empty name", "Write a,b,c");
  }
  return namedModels(names, defaults);
}

/** 0 when there is a row for every query and model; 2 when it was stopped, or when nothing succeeded. */
function conclude(report: BenchmarkReport, { output, json }: Options): void {
  const { complete, rows, total, resumed, failed, models, errors, warnings } = report;
  for (const warning of warnings) say(`warning: ${warning}`);
  const all = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const useless = total > 0 && all === rows;
  process.exitCode = complete && !useless ? 0 : couldNotRun;
  if (json) {
    const result = { output, complete, rows, total, resumed, failed, errors, models };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else {
    process.stdout.write(`${summaryText(models)}\n\n${output}  ${rows} of ${total} rows\n`);
  }
  if (all > 0) {
    const codes = Object.entries(errors).map(([code, count]) => `${count} ${code}`);
    say(`${all} rows hold an error (${codes.join(", ")}): see "error" in ${output}`);
    if (errors["code_execution_not_allowed"] !== all) say("--retry-failed asks them once more");
  }
  if (!complete) say("Not complete: run the same command again to continue");
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const codeRefused =
  "code_eval queries are not asked: they run Python that a model wrote, which needs --allow-code-execution";

const codeKept =
  "rows of code_eval queries keep their score: judging them runs Python that a model wrote, which needs --allow-code-execution";

const packed = (output: string): RouterError =>
  new RouterError(
    "config_invalid",
    `${output} cannot be continued: gzip has no place to append a row`,
    "Name an --output that ends in .jsonl, and pack it afterwards",
  );

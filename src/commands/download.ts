import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { resolvePath } from "../config/paths.ts";
import { builtIn } from "../embed/built-in.ts";
import { configuredChoice } from "../embed/default-embedder.ts";
import { type DownloadedModel, defaultMaxBytes, downloadModel } from "../embed/download-model.ts";
import { modelSource } from "../embed/find-model.ts";
import { type Dtype, dtypes } from "../embed/model-file.ts";
import type { ModelChoice } from "../embed/model-folder.ts";
import { RouterError } from "../errors.ts";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { algorithms } from "../publish/selector-folder.ts";
import { downloadProgress } from "./download-progress.ts";
import { downloadFiles, obtainSelectors, type SelectorOptions } from "./download-selectors.ts";
import { above0 } from "./number-options.ts";
import { untilSignal } from "./until-signal.ts";

interface Options extends SelectorOptions {
  readonly config?: string;
  readonly embedder?: string;
  readonly dtype?: Dtype;
  readonly output?: string;
}

export function register(program: Command): void {
  program
    .command("download")
    .description("Fetch selectors, records or an embedder from the hub, with resume and checksums")
    .option("--repo-id <owner/name>", "of selectors or records (default: the reference's)")
    .addOption(new Option("--repo <owner/name>", "as --repo-id").hideHelp())
    .option("--revision <name>", "commit, tag or branch (default: main)")
    .option("--output-dir <folder>", "of the selectors or records (default: models, or .)")
    .addOption(
      new Option("--algorithm <name>", "which selectors (default: all)").choices([
        "all",
        ...algorithms,
      ]),
    )
    .option("--training-data", "a benchmark's records instead of selectors")
    .option("--file <name>", "with --training-data: this file only")
    .option("--token <token>", "of the hub; HF_TOKEN is better, a command line can be seen")
    .option("--if-missing", "only when --output-dir lacks selectors")
    .option(
      "--else-train <file>",
      "as --if-missing, and train on these records if the hub has none",
    )
    .option("--config <file>", "the embedder that this configuration names, instead of selectors")
    .option(
      "--embedder <name>",
      "an embedder: qwen3, gte, mpnet, e5, bge, or owner/name[@revision]",
    )
    .addOption(
      new Option(
        "--dtype <name>",
        "numbers of the model (default: int8, or else what there is)",
      ).choices(dtypes),
    )
    .option(
      "--output <folder>",
      "of an embedder: a folder of its own instead of the hub's cache (HF_HOME)",
    )
    .option("--max-size <GB>", "refuse more than this", above0, defaultMaxBytes / 1e9)
    .option("--json", "one JSON object on stdout")
    .argument("[train-options...]", "after --, with --else-train: of signalbox train")
    .action((trainOptions: readonly string[], options: Options) =>
      run(program, options, trainOptions),
    );
}

async function run(
  program: Command,
  options: Options,
  trainOptions: readonly string[],
): Promise<void> {
  if (trainOptions.length > 0 && options.elseTrain === undefined) throw strayOptions();
  if (options.config === undefined && options.embedder === undefined) {
    await runSelectors(program, options, trainOptions);
    return;
  }
  const { name, choice, at } = wanted(options);
  const source = modelSource(name, at);
  if (source.kind === "folder") {
    if (name !== builtIn) throw notOfTheHub(name, source.path);
    say(
      options.json,
      { embedder: name, folder: source.path, fetched_bytes: 0 },
      `${name} is built in: nothing to download`,
    );
    return;
  }
  const progress = downloadProgress(process.stderr);
  try {
    const downloaded = await untilSignal((signal) =>
      downloadModel(source, {
        settings: hubSettings({
          ...process.env,
          ...(options.token && { HF_TOKEN: options.token }),
        }),
        patience: defaultPatience,
        signal,
        choice,
        outputFolder: options.output === undefined ? undefined : resolve(options.output),
        maxBytes: options.maxSize * 1e9,
        onProgress: progress.report,
      }),
    );
    progress.end();
    report(name, source.repository.id, downloaded, options.json);
  } catch (thrown) {
    progress.end();
    throw thrown;
  }
}

async function runSelectors(
  program: Command,
  options: Options,
  trainOptions: readonly string[],
): Promise<void> {
  if (options.dtype !== undefined || options.output !== undefined) throw onlyOfEmbedders();
  const { trainingData = false, file, algorithm, ifMissing, elseTrain } = options;
  const ofSelectors = [algorithm, ifMissing, elseTrain].some((one) => one !== undefined);
  if (trainingData ? ofSelectors : file !== undefined) throw mixed();
  const download = () => untilSignal((signal) => downloadFiles(options, signal));
  if (ifMissing || elseTrain !== undefined) {
    const more = [
      "--algorithm",
      algorithm ?? "all",
      ...(options.json ? ["--json"] : []),
      ...trainOptions,
    ];
    const train = (dataFile: string, outputDir: string) => {
      const args = ["train", "--data-file", dataFile, "--output-dir", outputDir, ...more];
      return program.parseAsync(args, { from: "user" });
    };
    await obtainSelectors(options, download, train);
  } else await download();
}

/** Of the command line or of the configuration; --dtype goes before what the configuration says. */
function wanted({ config: path, embedder, dtype, ...options }: Options) {
  const { repoId, repo, revision, outputDir, trainingData, ifMissing, elseTrain } = options;
  const others = [repoId, repo, revision, outputDir, trainingData, ifMissing, elseTrain];
  const both = path !== undefined && embedder !== undefined;
  if (both || others.some((one) => one !== undefined)) throw mixed();
  if (path === undefined)
    return { name: embedder ?? builtIn, choice: { dtype } satisfies ModelChoice };
  const { embedding_models: configured } = loadConfig(path, process.env).config;
  const choice = configuredChoice(configured);
  return {
    name: configured.qwen3_model_path ?? builtIn,
    choice: { ...choice, dtype: dtype ?? choice.dtype },
    at: (file: string) => resolvePath(file, dirname(path), process.cwd()),
  };
}

function report(name: string, repository: string, downloaded: DownloadedModel, json = false): void {
  const { folder, commit, files, fetchedBytes } = downloaded;
  const result = {
    embedder: name,
    repository,
    commit,
    folder: folder.path,
    model_file: folder.modelFile,
    pooling: folder.pooling,
    max_tokens: folder.maxTokens,
    fetched_bytes: fetchedBytes,
    files: files.map(({ path, bytes, hash }) => ({ path, bytes, hash })),
  };
  say(json, result, `${repository}@${commit.slice(0, 12)}  ${folder.modelFile}\n${folder.path}`);
}

function say(json: boolean | undefined, result: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(result) : text}\n`);
}

const mixed = () =>
  new RouterError(
    "config_invalid",
    "the options are for different things to download",
    "Give --config FILE or --embedder NAME for an embedder (its revision after @), --training-data for records, or neither for selectors",
  );

const strayOptions = () =>
  new RouterError(
    "config_invalid",
    "what stands after the options is for signalbox train, and --else-train is not given",
    "Give --else-train FILE, or leave it out",
  );

const onlyOfEmbedders = () =>
  new RouterError(
    "config_invalid",
    "--dtype and --output are of an embedder",
    "Give --config FILE or --embedder NAME as well; selectors go to --output-dir",
  );

const notOfTheHub = (name: string, path: string) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${name} stands for the folder ${path}, which no hub has`,
    "Name a known model or owner/name of the hub; a folder that is there needs no download",
  );

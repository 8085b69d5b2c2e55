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
import { downloadProgress } from "./download-progress.ts";
import { above0 } from "./number-options.ts";

interface Options {
  readonly config?: string;
  readonly embedder?: string;
  readonly dtype?: Dtype;
  readonly output?: string;
  readonly maxSize: number;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("download")
    .description("Fetch an embedder from the hub, with resume and checksums")
    .option("--config <file>", "the embedder that this configuration names")
    .option("--embedder <name>", "qwen3, gte, mpnet, e5, bge, or owner/name[@revision]")
    .addOption(
      new Option(
        "--dtype <name>",
        "numbers of the model (default: int8, or else what there is)",
      ).choices(dtypes),
    )
    .option("--output <folder>", "a folder of its own instead of the hub's cache (HF_HOME)")
    .option("--max-size <GB>", "refuse more than this", above0, defaultMaxBytes / 1e9)
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
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
  const stop = new AbortController();
  const onSignal = () => stop.abort(stopped());
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const progress = downloadProgress(process.stderr);
  try {
    const downloaded = await downloadModel(source, {
      settings: hubSettings(process.env),
      patience: defaultPatience,
      signal: stop.signal,
      choice,
      outputFolder: options.output === undefined ? undefined : resolve(options.output),
      maxBytes: options.maxSize * 1e9,
      onProgress: progress.report,
    });
    progress.end();
    report(name, source.repository.id, downloaded, options.json);
  } catch (thrown) {
    progress.end();
    throw thrown;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Of the command line or of the configuration; --dtype goes before what the configuration says. */
function wanted({ config: path, embedder, dtype }: Options) {
  if ((path === undefined) === (embedder === undefined)) {
    throw new RouterError(
      "config_invalid",
      "nothing to download",
      "Give --config FILE or --embedder NAME",
    );
  }
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

const stopped = () =>
  new RouterError(
    "download_failed",
    "the download was stopped",
    "Run the command again: it continues where it stopped",
  );

const notOfTheHub = (name: string, path: string) =>
  new RouterError(
    "model_not_found",
    `pretrained model not found: ${name} stands for the folder ${path}, which no hub has`,
    "Name a known model or owner/name of the hub; a folder that is there needs no download",
  );

import { type Command, Option } from "commander";
import { RouterError } from "../errors.ts";
import { repositoryText } from "../hub/repository.ts";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { type UploadFile, uploadRepository } from "../hub/upload.ts";
import { namedRepository } from "../publish/repositories.ts";
import { selectorFiles, trainingDataFiles } from "../publish/upload-plan.ts";
import { megabytes } from "./download-progress.ts";

interface Options {
  readonly modelDir?: string;
  readonly trainingData?: boolean;
  readonly dataFile?: string;
  readonly repoId?: string;
  readonly repo?: string;
  readonly revision?: string;
  readonly report?: string;
  readonly message?: string;
  readonly private?: boolean;
  readonly token?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("upload")
    .description("Publish selectors, with a model card, or a benchmark's records on the hub")
    .option("--model-dir <folder>", "trained selectors")
    .option("--training-data", "records instead: --data-file into a dataset")
    .option("--data-file <file>", "with --training-data: JSONL")
    .option("--repo-id <owner/name>", "made if it is not there (default: the reference's)")
    .addOption(new Option("--repo <owner/name>", "as --repo-id").hideHelp())
    .option("--revision <branch>", "that must be there", "main")
    .option("--report <folder>", "of signalbox validate: its figures go into the model card")
    .option("--message <text>", "of the commit")
    .option("--private", "if the repository has to be made: for its owner only")
    .option("--token <token>", "of the hub; HF_TOKEN is better, a command line can be seen")
    .option("--dry-run", "say what would be uploaded, and ask nobody")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { token, private: hidden, dryRun, json } = options;
  const repoId = options.repoId ?? options.repo;
  const repository = namedRepository({ ...options, repoId });
  const files = await wantedFiles(options, repository.id);
  const target = {
    repository: repository.id,
    kind: repository.kind,
    revision: repository.revision,
  };
  if (dryRun) {
    const names = files.map(({ path }) => path);
    const [card] = files.flatMap((file) => ("text" in file ? [file.text] : []));
    const lines = [`${repositoryText(repository)} (${repository.kind}) would get`, ...names];
    say(json, { ...target, dry_run: true, files: names, ...(card && { card }) }, lines);
    return;
  }
  const settings = hubSettings({ ...process.env, ...(token && { HF_TOKEN: token }) });
  const stop = new AbortController();
  const onSignal = () => stop.abort(stopped());
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    const {
      commit,
      files: sent,
      sentBytes,
    } = await uploadRepository({
      repository,
      files,
      message: options.message ?? `Upload ${options.trainingData ? "records" : "selectors"}`,
      private: hidden,
      settings,
      patience: defaultPatience,
      signal: stop.signal,
      onProgress: ({ path, bytes, totalBytes }) =>
        process.stderr.write(`${megabytes(bytes)} of ${megabytes(totalBytes)} MB  ${path}\n`),
    });
    const lines = [
      ...sent.map(({ path, bytes, sha256 }) => `${sha256}  ${bytes}  ${path}`),
      `${repositoryText(repository)}  commit ${commit ?? "unknown"}`,
    ];
    say(json, { ...target, commit, sent_bytes: sentBytes, files: sent }, lines);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

async function wantedFiles(
  { modelDir, trainingData, dataFile, report }: Options,
  repository: string,
): Promise<readonly UploadFile[]> {
  if (trainingData && dataFile !== undefined && modelDir === undefined && report === undefined) {
    return trainingDataFiles(dataFile);
  }
  if (!trainingData && modelDir !== undefined && dataFile === undefined) {
    return selectorFiles({ modelFolder: modelDir, repository, report });
  }
  throw new RouterError(
    "config_invalid",
    "it is not said what to upload",
    "Give --model-dir FOLDER [--report FOLDER], or --training-data --data-file FILE",
  );
}

function say(json: boolean | undefined, result: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
}

const stopped = () =>
  new RouterError(
    "upload_failed",
    "the upload was stopped",
    "Run the command again: large files that are there are not sent again",
  );

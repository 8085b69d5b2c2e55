import { join, resolve } from "node:path";
import { RouterError } from "../errors.ts";
import { repositoryText } from "../hub/repository.ts";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { downloadRecords } from "../publish/download-selectors.ts";
import { namedRepository } from "../publish/repositories.ts";
import { downloadProgress } from "./download-progress.ts";
import type { TrainOptions } from "./train.ts";
import { untilSignal } from "./until-signal.ts";

/** What upstream's trainer looks for. */
const usualNames = ["benchmark_training_data.jsonl", "benchmark_training_data.jsonl.gz"];

const maxBytes = 20e9;

/** The file of records: that of --data-file, else the one of a dataset, downloaded below --cache-dir. */
export async function trainingRecords({
  dataFile,
  dataRepo,
  cacheDir,
}: Pick<TrainOptions, "dataFile" | "dataRepo" | "cacheDir">): Promise<string> {
  if (dataFile !== undefined && dataRepo !== undefined) throw both();
  if (dataFile !== undefined) return dataFile;
  const [id, revision] = dataRepo?.split("@") ?? [];
  const repository = namedRepository({ repoId: id, revision, trainingData: true });
  const outputFolder = resolve(cacheDir, "records", repository.id);
  const progress = downloadProgress(process.stderr);
  try {
    const { commit, files } = await untilSignal((signal) =>
      downloadRecords({
        settings: hubSettings(process.env),
        patience: defaultPatience,
        ...{ signal, repository, outputFolder, maxBytes },
        onProgress: progress.report,
      }),
    );
    const paths = files.map(({ path }) => path);
    const chosen = usualNames.find((name) => paths.includes(name)) ?? onlyOf(paths);
    const source = repositoryText({ ...repository, revision: commit });
    process.stderr.write(`records: ${chosen} of ${source}\n`);
    return join(outputFolder, chosen);
  } finally {
    progress.end();
  }
}

function onlyOf(paths: readonly string[]): string {
  const [path, ...others] = paths;
  if (path !== undefined && others.length === 0) return path;
  throw new RouterError(
    "training_data_invalid",
    `the dataset has ${paths.length} files of records: ${paths.slice(0, 5).join(", ")}`,
    "Download one with signalbox download --training-data --file NAME, and name it with --data-file",
  );
}

const both = (): RouterError =>
  new RouterError(
    "config_invalid",
    "--data-file and --data-repo name the records twice",
    "Give one of them",
  );

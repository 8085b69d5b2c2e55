import { join, resolve } from "node:path";
import { RouterError } from "../errors.ts";
import { type Repository, repositoryText } from "../hub/repository.ts";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { downloadRecords, downloadSelectors } from "../publish/download-selectors.ts";
import { namedRepository } from "../publish/repositories.ts";
import { downloadProgress } from "./download-progress.ts";
import { untilSignal } from "./until-signal.ts";

const maxBytes = 20e9;

/**
 * The file of records of a dataset (without `repo` upstream's), downloaded below `folder`: that of one of the `usual`
 * names, else the only one. Rejects as `downloadRecords` does, and with RouterError `training_data_invalid`.
 */
export async function recordsOfHub(
  repo: string | undefined,
  folder: string,
  usual: readonly string[],
): Promise<string> {
  const repository = named(repo, true);
  const { commit, files } = await withProgress((request) =>
    downloadRecords({ ...request, repository, outputFolder: resolve(folder) }),
  );
  const paths = files.map(({ path }) => path);
  const packed = usual.flatMap((name) => [name, `${name}.gz`]);
  const chosen = packed.find((name) => paths.includes(name)) ?? onlyOf(paths);
  say(`records: ${chosen} of ${repositoryText({ ...repository, revision: commit })}`);
  return join(folder, chosen);
}

/** The model files of a repository, into `folder`. Rejects as `downloadSelectors` does. */
export async function selectorsOfHub(repo: string, folder: string): Promise<void> {
  const repository = named(repo, false);
  const { commit } = await withProgress((request) =>
    downloadSelectors({
      ...{ ...request, repository, outputFolder: resolve(folder), algorithm: "all" },
    }),
  );
  say(`selectors: of ${repositoryText({ ...repository, revision: commit })}, into ${folder}`);
}

function named(repo: string | undefined, trainingData: boolean): Repository {
  const [repoId, revision] = repo?.split("@") ?? [];
  return namedRepository({ repoId, revision, trainingData });
}

type Request = Omit<Parameters<typeof downloadRecords>[0], "repository" | "outputFolder">;

async function withProgress<T>(download: (request: Request) => Promise<T>): Promise<T> {
  const progress = downloadProgress(process.stderr);
  const settings = hubSettings(process.env);
  try {
    return await untilSignal((signal) =>
      download({
        ...{ settings, patience: defaultPatience, signal, maxBytes },
        onProgress: progress.report,
      }),
    );
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

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

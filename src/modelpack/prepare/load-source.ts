import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { RouterError } from "../../errors.ts";
import { cachedSnapshot } from "../../hub/cache.ts";
import { downloadRepository } from "../../hub/download.ts";
import type { HubAccess } from "../../hub/list-files.ts";
import type { Repository } from "../../hub/repository.ts";
import type { DatasetSettings } from "../pipeline/settings.ts";
import { type Card, chooseFiles, isData, parseSplit, readCard } from "./choose-files.ts";
import { idOf, knownSource } from "./known-sources.ts";
import { readTable, type TableRow } from "./read-table.ts";
import { sampleRows } from "./sample-rows.ts";

/** A data set's rows, or an even sample of them. */
export interface Source {
  readonly rows: readonly TableRow[];
  /** Before sampling. */
  readonly total: number;
  readonly license: string;
  /** Of the hub; undefined for local files. */
  readonly revision?: string | undefined;
}

export interface SourceLimits {
  readonly maxRows: number;
  /** Of a repository's files that are fetched. */
  readonly maxBytes: number;
  readonly seed: number;
}

/** Files of a repository, before a row is read. */
interface Files {
  readonly paths: readonly string[];
  readonly card: Card;
  readonly revision?: string;
}

/**
 * Brings a data set here, unless it is here, and reads its rows. Offline, or with `settings.offline`, what an earlier
 * run fetched is read. Rejects with RouterError: those of `downloadRepository`, `model_not_found` when no file holds the
 * split, `training_data_invalid` for a file that cannot be read.
 */
export async function loadSource(
  settings: DatasetSettings,
  hub: HubAccess,
  { maxRows, maxBytes, seed }: SourceLimits,
): Promise<Source> {
  const range = parseSplit(settings.split);
  if (!range) {
    throw new RouterError(
      "config_invalid",
      `data set ${settings.name}: split ${settings.split} is not understood`,
      "Write a name, name[:1000] or name[:10%]",
    );
  }
  const files =
    settings.kind === "local"
      ? localFiles(settings)
      : hub.settings.offline
        ? cachedFiles(settings, repositoryOf(settings), hub, range.split)
        : await fetchedFiles(settings, repositoryOf(settings), hub, range.split, maxBytes);
  const total = range.percent === undefined ? undefined : await countRows(files.paths);
  const first = total === undefined ? range.rows : Math.floor((total * (range.percent ?? 0)) / 100);
  const read = await sampleRows(firstRows(files.paths, first), maxRows, seed);
  return {
    ...read,
    license: settings.license ?? knownSource(settings)?.license ?? files.card.license ?? "unknown",
    revision: files.revision,
  };
}

function repositoryOf(settings: DatasetSettings): Repository {
  const written = idOf(settings);
  if (written === "") {
    throw new RouterError(
      "config_invalid",
      `data set ${settings.name} has neither dataset_id nor a link to one`,
      "Name it as owner/name",
    );
  }
  const [named = "", revision = "main"] = written.split("@");
  return { id: knownSource(settings)?.id ?? named, revision, kind: "dataset" };
}

async function fetchedFiles(
  settings: DatasetSettings,
  repository: Repository,
  hub: HubAccess,
  split: string,
  maxBytes: number,
): Promise<Files> {
  const request = { ...hub, repository, maxBytes };
  const isCard = (path: string): boolean => path === "README.md";
  const readme = await downloadRepository({ ...request, choose: (all) => all.filter(isCard) });
  const card = cardIn(readme.folder);
  const { folder, files, commit } = await downloadRepository({
    ...request,
    choose: (all) => chosen(settings, all, card, split),
  });
  return { paths: files.map(({ path }) => join(folder, path)), card, revision: commit };
}

function cachedFiles(
  settings: DatasetSettings,
  repository: Repository,
  { settings: { cacheFolder } }: HubAccess,
  split: string,
): Files {
  const folder = cachedSnapshot(cacheFolder, repository);
  const all =
    folder === undefined ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" });
  if (folder === undefined || all.length === 0) {
    throw new RouterError(
      "model_not_found",
      `data set ${settings.name}: ${repository.id} was not fetched before`,
      "Run once with a connection, or switch it off (enabled = false)",
    );
  }
  const card = cardIn(folder);
  return {
    paths: chosen(settings, all, card, split).map((path) => join(folder, path)),
    card,
    revision: basename(folder),
  };
}

const cardIn = (folder: string): Card => {
  const path = join(folder, "README.md");
  return existsSync(path) ? readCard(readFileSync(path, "utf8")) : { configs: [] };
};

function chosen(
  settings: DatasetSettings,
  all: readonly string[],
  card: Card,
  split: string,
): readonly string[] {
  const { name, data_files, config } = settings;
  const paths = data_files
    ? data_files.filter((path) => all.includes(path))
    : chooseFiles(all, card, config, split);
  if (paths.length > 0) return paths;
  const where = [config && `configuration ${config}`, `split ${split}`].filter(Boolean).join(", ");
  throw new RouterError(
    "model_not_found",
    `data set ${name}: no file of its repository holds ${where}`,
    "Correct config and split, or name the files in data_files",
  );
}

/** A file, or the data files of a folder, not of those below it. */
function localFiles({ name, path = "" }: DatasetSettings): Files {
  const found = statSync(path, { throwIfNoEntry: false });
  const paths = found?.isDirectory()
    ? readdirSync(path)
        .filter((one) => isData(one))
        .toSorted()
        .map((one) => join(path, one))
    : found
      ? [path]
      : [];
  if (paths.length > 0) return { paths, card: { configs: [] } };
  throw new RouterError(
    "model_not_found",
    `data set ${name}: there is no data file at ${path}`,
    "Correct its path",
  );
}

async function* firstRows(
  paths: readonly string[],
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<TableRow> {
  let count = 0;
  for (const path of paths) {
    for await (const row of readTable(path)) {
      if (count++ >= most) return;
      yield row;
    }
  }
}

async function countRows(paths: readonly string[]): Promise<number> {
  let count = 0;
  for await (const _ of firstRows(paths)) count++;
  return count;
}

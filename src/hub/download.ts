import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { RouterError } from "../errors.ts";
import { cachePlaces, linkBlob, rememberRevision } from "./cache.ts";
import { downloadFile, hashOf } from "./download-file.ts";
import { fileUrl, type HubAccess, type HubFile, listFiles } from "./list-files.ts";
import { type Repository, repositoryText } from "./repository.ts";

export interface DownloadRequest extends HubAccess {
  readonly repository: Repository;
  /** Of all the repository's files, those that are wanted. May throw. */
  readonly choose: (files: readonly string[]) => readonly string[];
  /** The files go here under their own names; without it, into the hub's cache. */
  readonly outputFolder?: string | undefined;
  /** Of all the files together; more is refused before anything is fetched. */
  readonly maxBytes: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Progress {
  readonly file: HubFile;
  /** Of this file and of all files. */
  readonly fileBytes: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface Downloaded {
  /** Holds the files under their own names. */
  readonly folder: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** Fetched now; the rest were here. */
  readonly fetchedBytes: number;
}

/**
 * Brings chosen files of a repository here, each verified by the hash that the hub says. Several processes may do so at
 * once. Rejects with RouterError `download_failed`, `model_not_found`, `artifact_invalid` (checksum) or
 * `output_unwritable`.
 */
export async function downloadRepository(request: DownloadRequest): Promise<Downloaded> {
  try {
    return await fetchFiles(request);
  } catch (thrown) {
    throw asUnwritable(thrown);
  }
}

async function fetchFiles(request: DownloadRequest): Promise<Downloaded> {
  const { repository, settings, outputFolder, maxBytes } = request;
  const listing = await listFiles(repository, request);
  const { commit } = listing;
  const paths = request.choose(listing.files);
  for (const path of paths) assertSafe(path, repository);
  const files = await Promise.all(paths.map(listing.describe));
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (totalBytes > maxBytes) throw tooLarge(repository, totalBytes, maxBytes);

  const cached = cachePlaces(settings.cacheFolder, repository, commit);
  let fetchedBytes = 0;
  let doneBytes = 0;
  // One after another: together they would share the same line.
  for (const file of files) {
    const pointer = join(outputFolder ?? cached.snapshot, file.path);
    const target = outputFolder === undefined ? join(cached.blobs, file.hash) : pointer;
    const report = (fileBytes: number) =>
      request.onProgress?.({ file, fileBytes, bytes: doneBytes + fileBytes, totalBytes });
    // A blob got its name once it was verified. A file under its own name may be of another revision.
    const present =
      outputFolder === undefined
        ? existsSync(target) && (await isWhole(target, file))
        : await isSame(target, file);
    if (!present) {
      const url = fileUrl(settings.endpoint, repository, commit, file.path);
      const what = `${repositoryText(repository)}/${file.path}`;
      await downloadFile({ url, what, file, target, onProgress: report }, request);
      fetchedBytes += file.bytes;
    }
    if (outputFolder === undefined) await linkBlob(target, pointer);
    report(file.bytes);
    doneBytes += file.bytes;
  }
  if (outputFolder === undefined) {
    await rememberRevision(settings.cacheFolder, repository, commit);
  }
  return { folder: outputFolder ?? cached.snapshot, commit, files, fetchedBytes };
}

const isWhole = async (path: string, { bytes }: HubFile): Promise<boolean> =>
  (await stat(path)).size === bytes;

const isSame = async (path: string, file: HubFile): Promise<boolean> =>
  existsSync(path) && (await isWhole(path, file)) && (await hashOf(path, file)) === file.hash;

/** The names are the repository's owner's; none may lead out of the folder. */
function assertSafe(path: string, repository: Repository): void {
  const safe = path.split("/").every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part));
  if (safe && !path.includes("..")) return;
  throw new RouterError(
    "download_failed",
    `${repositoryText(repository)} has a file with an odd name: ${JSON.stringify(path)}`,
    "Do not use this repository",
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

const tooLarge = (repository: Repository, bytes: number, maxBytes: number) =>
  new RouterError(
    "download_failed",
    `${repositoryText(repository)}: the files have ${gigabytes(bytes)}, more than ${gigabytes(maxBytes)}`,
    "Choose a smaller --dtype, or raise --max-size",
  );

/** A full or read-only disk; everything else passes. */
function asUnwritable(thrown: unknown): unknown {
  // What the network says has become a RouterError before.
  if (!(thrown instanceof Error && "syscall" in thrown)) return thrown;
  return new RouterError(
    "output_unwritable",
    thrown.message,
    "Make the folder writable, free space, or choose another with HF_HOME or --output",
    { cause: thrown },
  );
}

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { writeAtomic } from "../files/write-atomic.ts";
import type { Repository } from "./repository.ts";

/**
 * The layout of the hub's own tools, so that what they downloaded is found here and the other way round:
 *
 *     models--owner--name/blobs/<hash>                      a file, under the name of its content
 *     models--owner--name/snapshots/<commit>/<path>         a link to its blob
 *     models--owner--name/refs/<revision>                   the commit that a branch or tag was
 */
export interface CachePlaces {
  readonly blobs: string;
  readonly snapshot: string;
}

const repositoryFolder = (cacheFolder: string, { id, kind = "model" }: Repository): string =>
  join(cacheFolder, `${kind}s--${id.replace("/", "--")}`);

export const cachePlaces = (
  cacheFolder: string,
  repository: Repository,
  commit: string,
): CachePlaces => {
  const folder = repositoryFolder(cacheFolder, repository);
  return { blobs: join(folder, "blobs"), snapshot: join(folder, "snapshots", commit) };
};

const commitForm = /^[0-9a-f]{40}$/;

/** The folder of a revision that was downloaded before, if it was. Asks nobody. */
export function cachedSnapshot(cacheFolder: string, repository: Repository): string | undefined {
  const commit = commitOf(cacheFolder, repository);
  if (commit === undefined) return undefined;
  const { snapshot } = cachePlaces(cacheFolder, repository, commit);
  return existsSync(snapshot) ? snapshot : undefined;
}

function commitOf(cacheFolder: string, repository: Repository): string | undefined {
  if (commitForm.test(repository.revision)) return repository.revision;
  try {
    const ref = join(repositoryFolder(cacheFolder, repository), "refs", repository.revision);
    const commit = readFileSync(ref, "utf8").trim();
    return commitForm.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Once all files of the commit are here: what the branch or tag stands for. */
export async function rememberRevision(
  cacheFolder: string,
  repository: Repository,
  commit: string,
): Promise<void> {
  if (commitForm.test(repository.revision)) return;
  const ref = join(repositoryFolder(cacheFolder, repository), "refs", repository.revision);
  await writeAtomic(ref, commit);
}

/** Points the snapshot's file at its blob; a rename, so that a reader sees the old link or the new one. */
export async function linkBlob(blob: string, pointer: string): Promise<void> {
  const to = relative(dirname(pointer), blob);
  if ((await readlink(pointer).catch(() => "")) === to) return;
  await mkdir(dirname(pointer), { recursive: true });
  const unfinished = join(dirname(pointer), `.${basename(pointer)}.${randomUUID()}.link`);
  try {
    await symlink(to, unfinished);
    await rename(unfinished, pointer);
  } finally {
    await rm(unfinished, { force: true });
  }
}

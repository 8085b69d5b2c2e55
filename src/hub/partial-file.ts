import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Longer than a download that lives goes without writing: it would have given up on the silence by then. */
const abandonedMs = 60_000;

const ending = ".incomplete";

/**
 * A name for what is downloaded of `target`, whose content will have `hash`; ours alone. It holds what an earlier download left, when one did: a rename
 * takes it over, so that of several processes one continues it and none writes into another's.
 */
export async function claimPartial(
  target: string,
  hash: string,
  now = Date.now(),
): Promise<string> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const start = startOf(target, hash);
  const own = join(folder, `${start}${randomUUID()}${ending}`);
  const all = await readdir(folder);
  for (const name of all.filter((one) => one.startsWith(start) && one.endsWith(ending))) {
    const left = join(folder, name);
    const given = name === `${start}left${ending}`;
    const written = await stat(left).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (!given && now - written < abandonedMs) continue;
    // Another process may have been faster.
    if (
      await rename(left, own).then(
        () => true,
        () => false,
      )
    )
      return own;
  }
  return own;
}

/** The beginning of another content under the same name is no beginning of this one. */
const startOf = (target: string, hash: string): string =>
  `.${basename(target)}.${hash.slice(0, 12)}.`;

/** Leaves what was downloaded so far to whoever tries next. */
export async function leavePartial(own: string, target: string, hash: string): Promise<void> {
  const left = join(dirname(target), `${startOf(target, hash)}left${ending}`);
  await rename(own, left).catch(() => undefined);
}

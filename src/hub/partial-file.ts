import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { hostname } from "node:os";
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
  const own = join(folder, `${start}${processes}-${process.pid}-${randomUUID()}${ending}`);
  const all = await readdir(folder);
  for (const name of all.filter((one) => one.startsWith(start) && one.endsWith(ending))) {
    const left = join(folder, name);
    const given = name === `${start}left${ending}` || isOfDead(name.slice(start.length));
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

/**
 * Where a process number means a process: this machine since its start, and on Linux this container. Another machine may
 * share the folder.
 */
const processes = createHash("sha256")
  .update([hostname(), orEmpty(bootId), orEmpty(pidNamespace)].join("\n"))
  .digest("hex")
  .slice(0, 12);

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
}

function pidNamespace(): string {
  return readlinkSync("/proc/self/ns/pid");
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** Its process was ended so hard that it could leave nothing: nobody writes there any more. */
function isOfDead(name: string): boolean {
  const [, where, pid] = /^([0-9a-f]{12})-(\d+)-/.exec(name) ?? [];
  if (where !== processes) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (thrown) {
    // Another user's process is alive as well: EPERM.
    return thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH";
  }
}

/** The beginning of another content under the same name is no beginning of this one. */
const startOf = (target: string, hash: string): string =>
  `.${basename(target)}.${hash.slice(0, 12)}.`;

/** Leaves what was downloaded so far to whoever tries next. */
export async function leavePartial(own: string, target: string, hash: string): Promise<void> {
  const left = join(dirname(target), `${startOf(target, hash)}left${ending}`);
  await rename(own, left).catch(() => undefined);
}

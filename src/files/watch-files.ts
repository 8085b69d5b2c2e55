import { type FSWatcher, watch } from "node:fs";
import { lstat, readlink, stat } from "node:fs/promises";
import { dirname, join, parse, resolve, sep } from "node:path";

export interface WatchOptions {
  /** Asked at every look, because what is watched may change. A file that does not exist may come. */
  readonly paths: () => readonly string[];
  /** A file came, went or was written, and nothing has happened to any of them for `quietMs`. */
  readonly changed: () => void;
  /** Two looks this far apart must agree before `changed` is called: a file is not read while it is written. */
  readonly quietMs: number;
  /** Network file systems tell of no change, so files are also looked at this often. */
  readonly pollMs: number;
  /** Told once if a look failed or the system will not tell of changes, as when its inotify watches are used up. */
  readonly onPolling?: (reason: Error) => void;
}

export interface FileWatch {
  /** `polling` while a folder cannot be watched: changes are then seen after `pollMs`. */
  mode(): "events" | "polling";
  close(): void;
}

/**
 * Watches files by their folders, so that a rename over a file is seen, and by the folders of every link on their way, so
 * that Kubernetes' swap of a ConfigMap's `..data` is. Compares size, times and identity, never content. Does not keep an
 * idle process alive.
 */
export async function watchFiles(options: WatchOptions): Promise<FileWatch> {
  const { paths, changed, quietMs, pollMs, onPolling } = options;
  const watched = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  let refused = false;
  let told = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let again = false;
  let unsettled: string | undefined;

  function soon(): void {
    if (busy) again = true;
    else timer ??= setTimeout(() => void look(), quietMs).unref();
  }

  /** Nobody waits for it: what it threw would end the process. The next look comes with the next poll at the latest. */
  async function look(): Promise<void> {
    busy = true;
    timer = undefined;
    try {
      const now = await signatureOf(paths());
      await watchFolders();
      busy = false;
      if (!closed) compare(now);
    } catch (thrown) {
      refuse(thrown as Error);
    } finally {
      busy = false;
      if (again && !closed) soon();
      again = false;
    }
  }

  function compare(now: string): void {
    if (now === seen) {
      unsettled = undefined;
    } else if (now === unsettled) {
      seen = now;
      changed();
    } else {
      unsettled = now;
      soon();
    }
  }

  /** A folder that was moved away and made again is another one: its watcher would hear nothing more. */
  async function watchFolders(): Promise<void> {
    const wanted = new Set((await Promise.all(paths().map(foldersOf))).flat());
    refused = false;
    for (const [folder, { watcher }] of watched) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watched.delete(folder);
    }
    for (const folder of wanted) {
      const identity = await identityOf(folder);
      const known = watched.get(folder);
      if (known?.identity === identity || closed) continue;
      known?.watcher.close();
      watched.delete(folder);
      if (identity === absent) continue;
      try {
        const watcher = watch(folder, { persistent: false }, soon);
        watcher.on("error", (reason) => {
          // It hears nothing more: the next look makes another.
          watcher.close();
          if (watched.get(folder)?.watcher === watcher) watched.delete(folder);
          refuse(reason);
        });
        watched.set(folder, { identity, watcher });
      } catch (thrown) {
        refuse(thrown as Error);
      }
    }
  }

  function refuse(reason: Error): void {
    refused = true;
    if (told) return;
    told = true;
    onPolling?.(reason);
  }

  let seen = await signatureOf(paths());
  await watchFolders();
  const poll = setInterval(soon, pollMs).unref();
  return {
    mode: () => (refused ? "polling" : "events"),
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(poll);
      for (const { watcher } of watched.values()) watcher.close();
    },
  };
}

const absent = "absent";

/** Changes whenever what a path leads to is another file, or was written. */
export async function fileSignature(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? absent : `${code}`;
  }
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const signatures = await Promise.all(paths.map(fileSignature));
  return paths.map((path, at) => `${path} ${signatures[at]}`).join("\n");
}

async function identityOf(folder: string): Promise<string> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined);
  return found ? `${found.dev}:${found.ino}` : absent;
}

/** As the system itself: a longer chain of links is a circle. */
const mostLinks = 40;

/** The folders whose entries decide what `path` leads to: its own, those of the links on the way, or the last one there is. */
export async function foldersOf(path: string): Promise<string[]> {
  const folders = new Set<string>();
  let { root: at } = parse(resolve(path));
  let rest = resolve(path).slice(at.length).split(sep);
  let links = 0;
  for (;;) {
    const [name, ...more] = rest;
    if (name === undefined) break;
    const next = join(at, name);
    const found = await lstat(next).catch(() => undefined);
    if (found?.isSymbolicLink() && links++ < mostLinks) {
      folders.add(at);
      const link = await readlink(next).catch(() => undefined);
      // It went since, or became a file: the next look sees what came of it.
      if (link === undefined) return [...folders];
      const target = resolve(at, link);
      at = parse(target).root;
      rest = [...target.slice(at.length).split(sep), ...more];
      continue;
    }
    if (!found) {
      folders.add(at);
      return [...folders];
    }
    at = next;
    rest = more;
  }
  folders.add(dirname(at));
  return [...folders];
}

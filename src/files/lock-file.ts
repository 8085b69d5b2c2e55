import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { RouterError } from "../errors.ts";

/** How often a holder says that it still lives, and after what silence on another machine it is dead. */
const beatMs = 5_000;
const deadAfterMs = 30_000;
/** On the same machine a process that is stopped, or computes for long, still lives; but its number may be another's. */
const reusedAfterMs = 3_600_000;

/**
 * Keeps other processes, also on other machines that share the folder, from writing to `path` until the function that
 * it gives is called: `path.lock` names the holder. A holder that was killed leaves its file, which is taken over at
 * once on the same machine and after 30 seconds of silence on another. Throws RouterError `output_in_use`, or
 * `output_unwritable`.
 */
export function lockFile(path: string): () => void {
  const lock = `${path}.lock`;
  try {
    mkdirSync(dirname(lock), { recursive: true });
  } catch (thrown) {
    throw unwritable(lock, thrown);
  }
  const token = randomUUID();
  for (let attempt = 0; !create(lock, token); attempt++) {
    const holder = holderOf(lock);
    if (attempt === maxAttempts || (holder && isAlive(lock, holder))) {
      throw inUse(path, lock, holder);
    }
    if (holder) takeAway(lock, holder);
  }
  held.add(lock);
  // Whoever was silent for too long may have lost it to another, whose file is not touched.
  const isOurs = (): boolean => holderOf(lock)?.token === token;
  const beat = setInterval(() => isOurs() && touch(lock), beatMs).unref();
  return () => {
    clearInterval(beat);
    held.delete(lock);
    if (isOurs()) rmSync(lock, { force: true });
  };
}

/** What `work` gives, with the lock on `path` while it runs. Rejects as `lockFile` throws. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = lockFile(path);
  try {
    return await work();
  } finally {
    release();
  }
}

const maxAttempts = 3;

/** By this process. A holder with its number that is not here is an earlier one, as process 1 of a container is. */
const held = new Set<string>();

/** Removed under another name, so that of two who find a dead holder neither removes the other's new file. */
function takeAway(lock: string, dead: Holder): void {
  const away = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, away);
    const found = holderOf(away);
    if (found?.token !== dead.token) linkSync(away, lock);
  } catch {
    // Somebody else was faster: the next attempt meets them.
  }
  rmSync(away, { force: true });
}

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Of this lock alone. */
  readonly token: string;
  readonly silentMs: number;
}

function create(lock: string, token: string): boolean {
  const content = JSON.stringify({ host: hostname(), pid: process.pid, token });
  try {
    writeFileSync(lock, content, { flag: "wx" });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw unwritable(lock, thrown);
  }
}

function unwritable(path: string, cause: unknown): RouterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = "Make the folder writable, free space, or choose another path";
  return new RouterError("output_unwritable", `${path}: ${reason}`, remedy, { cause });
}

/** Undefined when the holder has just let go. What cannot be read was cut off, and its age alone counts. */
function holderOf(lock: string): Holder | undefined {
  try {
    const silentMs = Date.now() - statSync(lock).mtimeMs;
    return { ...parsed(readFileSync(lock, "utf8")), silentMs };
  } catch {
    return undefined;
  }
}

function parsed(text: string): Omit<Holder, "silentMs"> {
  try {
    const { host, pid, token } = JSON.parse(text);
    return { host: String(host), pid: Number(pid), token: String(token) };
  } catch {
    return { host: "unknown", pid: 0, token: "" };
  }
}

function isAlive(lock: string, { host, pid, silentMs }: Holder): boolean {
  if (host !== hostname()) return silentMs <= deadAfterMs;
  if (pid === process.pid) return held.has(lock);
  if (silentMs > reusedAfterMs) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // There, but another user's.
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

function touch(lock: string): void {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch {
    // Somebody removed it by hand: nothing is left to keep alive.
  }
}

function inUse(path: string, lock: string, holder: Holder | undefined): RouterError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : "another run";
  return new RouterError(
    "output_in_use",
    `${path} is being written by ${who}`,
    `Wait for it or choose another path; if it is gone, remove ${lock} or try again in 30 seconds`,
  );
}

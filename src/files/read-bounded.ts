import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type ErrorCode, RouterError } from "../errors.ts";

interface Refusal {
  readonly code: ErrorCode;
  /** What the reader can do about it, as an imperative sentence. */
  readonly remedy: string;
}

export interface Refusals {
  /** For a file that is missing, a folder, or not ours to read. */
  readonly unreadable: Refusal;
  readonly tooLarge: Refusal;
}

/** The whole file, or a RouterError as `refusals` says: a reader must not be able to fill the memory. */
export function readBounded(path: string, maxBytes: number, refusals: Refusals): Buffer {
  const bytes = readUpTo(path, maxBytes, refusals.unreadable);
  if (bytes) return bytes;
  const { code, remedy } = refusals.tooLarge;
  throw new RouterError(code, `${path} is larger than ${inUnits(maxBytes)}`, remedy);
}

/** An open file: `read` fills `into` from byte `position` on and tells with how many bytes, 0 at the end. */
export interface BoundedFile {
  read(into: Uint8Array, position: number): number;
  readonly size: number;
}

/**
 * Gives a regular file of at most `maxBytes` to `use`, which reads it in parts, and closes it. Anything else, as a pipe,
 * can be read only once and is read whole. Throws as `readBounded` does.
 */
export function withBounded<T>(
  path: string,
  maxBytes: number,
  refusals: Refusals,
  use: (file: BoundedFile) => T,
): T {
  const file = orRefused(path, refusals.unreadable, () => openSync(path, "r"));
  try {
    const status = fstatSync(file);
    if (!status.isFile() || status.size === 0) {
      const whole = readBounded(path, maxBytes, refusals);
      return use({ read: (into, position) => whole.copy(into, 0, position), size: whole.length });
    }
    const tooLarge = () => {
      const { code, remedy } = refusals.tooLarge;
      return new RouterError(code, `${path} is larger than ${inUnits(maxBytes)}`, remedy);
    };
    if (status.size > maxBytes) throw tooLarge();
    return use({
      size: status.size,
      read(into, position) {
        const count = orRefused(path, refusals.unreadable, () =>
          readSync(file, into, 0, into.length, position),
        );
        // It may have grown since.
        if (position + count > maxBytes) throw tooLarge();
        return count;
      },
    });
  } finally {
    closeSync(file);
  }
}

function orRefused<T>(path: string, { code, remedy }: Refusal, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new RouterError(code, `${path} ${reasonOf(cause)}`, remedy, { cause });
  }
}

/** Nothing when the file is longer. It is read to see: stat says 0 for pipes and /proc, and a file may grow. */
function readUpTo(path: string, maxBytes: number, refusal: Refusal): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    if (size > maxBytes) return undefined;
    // One byte more than announced, so that the read which finds the end needs no second buffer.
    let buffer = Buffer.allocUnsafe(Math.max(size + 1, 4096));
    for (let length = 0; ; ) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      length += read;
      if (length > maxBytes) return undefined;
      if (read === 0) return buffer.subarray(0, length);
      if (length === buffer.length) buffer = Buffer.concat([buffer], length * 2);
    }
  } catch (thrown) {
    throw new RouterError(refusal.code, `${path} ${reasonOf(thrown)}`, refusal.remedy, {
      cause: thrown,
    });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** What the errno means to someone who has not met it; the code itself for the rest. */
function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const known: Record<string, string> = {
    ENOENT: "does not exist",
    ENOTDIR: "does not exist: a part of its path is a file",
    EISDIR: "is a folder, not a file",
    EACCES: "may not be read by this user",
    EPERM: "may not be read by this user",
  };
  return known[code] ?? `cannot be read: ${code || String(thrown)}`;
}

function inUnits(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  return mib >= 1 ? `${Number(mib.toFixed(1))} MiB` : `${bytes} bytes`;
}

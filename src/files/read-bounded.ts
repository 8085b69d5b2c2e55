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

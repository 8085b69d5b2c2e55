import { type FileHandle, open } from "node:fs/promises";
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
export async function readBounded(
  path: string,
  maxBytes: number,
  refusals: Refusals,
): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const bytes = await readUpTo(handle, maxBytes);
    if (bytes) return bytes;
  } catch (thrown) {
    const { code, remedy } = refusals.unreadable;
    throw new RouterError(code, `${path} ${reasonOf(thrown)}`, remedy, { cause: thrown });
  } finally {
    await handle?.close();
  }
  const { code, remedy } = refusals.tooLarge;
  throw new RouterError(code, `${path} is larger than ${inUnits(maxBytes)}`, remedy);
}

/** Nothing when the file is longer. It is read to see: stat says 0 for pipes and /proc, and a file may grow. */
async function readUpTo(handle: FileHandle, maxBytes: number): Promise<Buffer | undefined> {
  const { size } = await handle.stat();
  if (size > maxBytes) return undefined;
  // One byte more than announced, so that the read which finds the end needs no second buffer.
  let buffer = Buffer.allocUnsafe(size + 1);
  for (let length = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, length);
    length += bytesRead;
    if (length > maxBytes) return undefined;
    if (bytesRead === 0) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer], length * 2);
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

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { RouterError } from "../errors.ts";
import type { HubAccess, HubFile } from "./list-files.ts";
import { claimPartial, leavePartial } from "./partial-file.ts";
import { hubRequest } from "./request.ts";
import { PassingFault, withRetries } from "./retry.ts";

export interface Transfer {
  readonly url: string;
  /** Names the file in errors. */
  readonly what: string;
  readonly file: HubFile;
  /** Where it goes. What is there is replaced, and only by a whole file with the right hash. */
  readonly target: string;
  /** Bytes of the file that are here, those of an earlier attempt included. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Downloads one file, continuing what an earlier attempt or process left. Rejects with RouterError `download_failed`,
 * `model_not_found`, or `artifact_invalid` when what came is not what the hub promised; then nothing is kept.
 */
export async function downloadFile(transfer: Transfer, access: HubAccess): Promise<void> {
  const { what, file, target } = transfer;
  const partial = await claimPartial(target, file.hash);
  try {
    let before = await sizeOf(partial);
    const progressed = () => {
      const grown = last > before;
      before = last;
      return grown;
    };
    let last = before;
    await withRetries(
      what,
      async (signal) => {
        try {
          await append(transfer, partial, { ...access, signal });
        } finally {
          last = await sizeOf(partial);
        }
      },
      { ...access, progressed },
    );
    await assertHash(partial, transfer);
    await rename(partial, target);
  } catch (thrown) {
    if (RouterError.from(thrown).code === "artifact_invalid") await rm(partial, { force: true });
    else await leavePartial(partial, target, file.hash);
    throw thrown;
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Fetches what is missing behind what `partial` holds. */
async function append(
  { url, what, file, onProgress }: Transfer,
  partial: string,
  access: HubAccess,
): Promise<void> {
  let have = await sizeOf(partial);
  // More than the whole is not the beginning of it.
  if (have > file.bytes) have = 0;
  const handle = await open(partial, have > 0 ? "r+" : "w");
  try {
    if (have < file.bytes) {
      const { status, headers, chunks } = await hubRequest(url, { ...access, what, from: have });
      if (status !== 206 || !startsAt(headers.get("content-range"), have)) {
        // The server begins at the beginning, whatever it was asked for.
        have = 0;
        await handle.truncate(0);
      }
      for await (const chunk of chunks()) {
        if (have + chunk.length > file.bytes) {
          throw damaged(what, `more than its ${file.bytes} bytes came`);
        }
        await handle.write(chunk, 0, chunk.length, have);
        have += chunk.length;
        onProgress?.(have);
      }
    }
    if (have < file.bytes) {
      throw new PassingFault(`the connection ended at ${have} of ${file.bytes} bytes`);
    }
    // Without it a power cut may keep the rename and lose the bytes.
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const startsAt = (range: string | null, byte: number): boolean =>
  range?.startsWith(`bytes ${byte}-`) ?? false;

async function assertHash(partial: string, { what, file }: Transfer): Promise<void> {
  const actual = await hashOf(partial, file);
  if (actual !== file.hash)
    throw damaged(what, `it has the hash ${actual}, the hub says ${file.hash}`);
}

/** Of the kind that `expected.hash` is. */
export async function hashOf(path: string, expected: HubFile): Promise<string> {
  const hash = expected.hash.length === 64 ? createHash("sha256") : gitBlob(expected.bytes);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk);
  return hash.digest("hex");
}

const gitBlob = (bytes: number): Hash => createHash("sha1").update(`blob ${bytes}\0`);

const damaged = (what: string, reason: string) =>
  new RouterError(
    "artifact_invalid",
    `${what}: checksum mismatch: ${reason}`,
    "Download it again; if it stays so, do not use it: what stands between here and the hub changes files",
  );

import { randomUUID } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RouterError } from "../errors.ts";

export type Content =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/**
 * Replaces the file whole: whoever reads `path` meanwhile, or after a crash, sees the old content or the new, never a
 * half. Missing folders are made; a link keeps pointing at the file that it names. Rejects with RouterError
 * `output_unwritable`, or with the RouterError or abort that the content itself ends with.
 */
export async function writeAtomic(path: string, content: Content): Promise<void> {
  let unfinished: string | undefined;
  try {
    await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    // In the same folder, because a rename is atomic only within one file system.
    unfinished = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
    await writeThrough(unfinished, content);
    await rename(unfinished, target);
  } catch (thrown) {
    if (unfinished) await rm(unfinished, { force: true });
    // Of the content's own making: what it was read from is at fault, or somebody stopped it.
    if (thrown instanceof RouterError || (thrown as Error)?.name === "AbortError") throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RouterError(
      "output_unwritable",
      `${path}: ${reason}`,
      "Make the folder writable, free space, or choose another path",
      { cause: thrown },
    );
  }
}

async function writeThrough(path: string, content: Content): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(content);
    // Without it a power cut may keep the rename and lose the bytes.
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { createHash } from "node:crypto";
import { sha256OfFile } from "../files/sha256-file.ts";
import { fileSignature } from "../files/watch-files.ts";

/** Hashing more would take seconds: of a larger file size, times and identity say whether it changed. */
const mostHashedBytes = 256 * 1024 * 1024;

/** What files hold, in few characters; a file that was only touched, or swapped for the same, has the same digest. */
export interface Digests {
  of(files: readonly string[]): Promise<string>;
}

/** Hashes a file again only when its size, times or identity changed. */
export function fileDigests(): Digests {
  const known = new Map<string, { readonly signature: string; readonly digest: string }>();

  async function digestOf(path: string): Promise<string> {
    const signature = await fileSignature(path);
    const before = known.get(path);
    if (before?.signature === signature) return before.digest;
    const [, , size] = signature.split(":");
    const hashed = size !== undefined && Number(size) <= mostHashedBytes;
    // What cannot be read is for whoever opens it to complain about.
    const digest = hashed ? await sha256OfFile(path).catch(() => signature) : signature;
    known.set(path, { signature, digest });
    return digest;
  }

  return {
    async of(files) {
      const all = createHash("sha256");
      for (const path of files.toSorted()) all.update(`${path}\n${await digestOf(path)}\n`);
      return all.digest("hex");
    },
  };
}

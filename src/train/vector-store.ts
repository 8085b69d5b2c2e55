import { createHash } from "node:crypto";
import { join } from "node:path";
import { readSafetensors } from "../artifact/safetensors.ts";
import { tensor, writeSafetensors } from "../artifact/safetensors-write.ts";
import type { EmbedderIdentity } from "../embed/embedder.ts";
import { readBounded } from "../files/read-bounded.ts";
import { writeAtomic } from "../files/write-atomic.ts";

/** Vectors of texts that were embedded before, by one embedder. */
export interface VectorStore {
  get(text: string): Float32Array | undefined;
  set(text: string, vector: Float32Array): void;
  /** Keeps them for the next run. Does nothing when there is nothing new. */
  save(): Promise<void>;
}

/** 400 MB of a user's disk; a benchmark has thousands of queries, not hundreds of thousands. */
export const maxStoredVectors = 100_000;

const keyBytes = 32;

/**
 * Opens the file of `identity` in `folder`. It is keyed by the text's sha-256 and by the model file's, so that neither
 * new queries nor a new model are answered from it. A damaged file is as good as none.
 */
export async function openVectorStore(
  folder: string,
  { name, revision, dimension }: EmbedderIdentity,
): Promise<VectorStore> {
  const path = join(folder, `vectors-${name.replaceAll(/[^\w.-]/g, "_")}-${revision}.safetensors`);
  const known = await readVectors(path, dimension);
  let changed = false;
  return {
    get(text) {
      const key = keyOf(text);
      const vector = known.get(key);
      // Used last is kept longest.
      if (vector && known.delete(key)) known.set(key, vector);
      return vector;
    },
    set(text, vector) {
      known.set(keyOf(text), vector);
      changed = true;
    },
    async save() {
      if (!changed) return;
      const kept = [...known].slice(-maxStoredVectors);
      const keys = new Uint8Array(kept.length * keyBytes);
      const vectors = new Float32Array(kept.length * dimension);
      kept.forEach(([key, vector], row) => {
        keys.set(Buffer.from(key, "hex"), row * keyBytes);
        vectors.set(vector, row * dimension);
      });
      await writeAtomic(
        path,
        writeSafetensors({ keys: tensor(keys, keyBytes), vectors: tensor(vectors, dimension) }, {}),
      );
    },
  };
}

async function readVectors(path: string, dimension: number): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  try {
    const maxBytes = maxStoredVectors * (keyBytes + 4 * dimension) + 1024 ** 2;
    const refusal = { code: "artifact_invalid", remedy: "Delete it" } as const;
    const bytes = await readBounded(path, maxBytes, { unreadable: refusal, tooLarge: refusal });
    const { tensors } = readSafetensors(bytes, path);
    const [keys, vectors] = [tensors.get("keys")?.values, tensors.get("vectors")?.values];
    if (!(keys instanceof Uint8Array && vectors instanceof Float32Array)) return found;
    if (keys.length / keyBytes !== vectors.length / dimension) return found;
    for (let row = 0; row * keyBytes < keys.length; row++) {
      const key = Buffer.from(keys.subarray(row * keyBytes, (row + 1) * keyBytes)).toString("hex");
      found.set(key, vectors.subarray(row * dimension, (row + 1) * dimension));
    }
  } catch {
    // Missing at first; whatever else is wrong with it, computing again costs minutes at most.
  }
  return found;
}

const keyOf = (text: string): string => createHash("sha256").update(text).digest("hex");

import type { Embedder } from "../embed/embedder.ts";
import type { VectorStore } from "./vector-store.ts";

export interface EmbedOptions {
  /** Texts handed to the embedder at once. */
  readonly batchSize: number;
  readonly store?: VectorStore | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Numbers left 0 after each vector, for whoever fills them in place. */
  readonly spare?: number;
}

/**
 * Unit vectors in the order of `queries`, one after the other. Each batch is in the store before the next is embedded.
 * Rejects as `embedder.embed` does, and as `store.flush` throws.
 */
export async function embedQueries(
  queries: readonly string[],
  embedder: Embedder,
  { batchSize, store, onProgress, signal, spare = 0 }: EmbedOptions,
): Promise<Float32Array> {
  const width = embedder.dimension + spare;
  const vectors = new Float32Array(queries.length * width);
  const missing: number[] = [];
  queries.forEach((query, row) => {
    const known = store?.get(query);
    if (known) vectors.set(known, row * width);
    else missing.push(row);
  });
  for (let from = 0; from < missing.length; from += batchSize) {
    const batch = missing.slice(from, from + batchSize);
    const texts = batch.map((row) => queries[row] as string);
    const embeddings = await embedder.embed(texts, signal);
    batch.forEach((row, at) => {
      const { vector } = embeddings[at] ?? unmatched();
      vectors.set(vector, row * width);
      store?.set(texts[at] as string, vector);
    });
    store?.flush();
    onProgress?.(from + batch.length, missing.length);
  }
  return vectors;
}

const unmatched = (): never => {
  throw new Error("unreachable: one vector for each text");
};

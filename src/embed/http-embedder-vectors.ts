import { maxCharsRead } from "./cut-middle.ts";
import { embeddingDimension } from "./embedder.ts";
import type { EmbeddingsAnswer } from "./http-embedder-answer.ts";
import { normalized } from "./pool.ts";
import type { Answer } from "./worker-messages.ts";

/** In the queue's form: unit vectors of 1024 in a row, and a fault for each text that has none. `runMs` is 0. */
export function packedAnswer(
  { vectors, tokens }: EmbeddingsAnswer,
  { maxTokens }: { readonly maxTokens: number },
  texts: readonly string[] = [],
): Answer {
  const rows = new Float32Array(vectors.length * embeddingDimension);
  const faults = vectors.map((vector, at) => {
    if (typeof vector === "string") return vector;
    try {
      rows.set(normalized(vector), at * embeddingDimension);
      return undefined;
    } catch {
      return "an embedding without a direction: all zeros, or too large";
    }
  });
  const maxChars = maxCharsRead(maxTokens);
  return {
    vectors: rows,
    tokens: partsOf(tokens, texts),
    // `cutMiddle` leaves what it cut longer than this, by the space between head and tail.
    truncated: texts.map(({ length }) => length > maxChars),
    faults,
    runMs: 0,
  };
}

/** The server counts the tokens of all texts together: each has its part by length, and the parts add up. */
function partsOf(tokens: number, texts: readonly string[]): number[] {
  const all = texts.reduce((sum, { length }) => sum + length, 0) || 1;
  let chars = 0;
  return texts.map(({ length }) => {
    const before = Math.round((tokens * chars) / all);
    chars += length;
    return Math.round((tokens * chars) / all) - before;
  });
}

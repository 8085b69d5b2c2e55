import type { Matrix } from "../math/matrix.ts";

export interface DistinctVectors {
  /** Every different row once, in order of first appearance. */
  readonly vectors: Matrix;
  /** By row: index into `vectors`. */
  readonly vectorOf: Uint32Array;
}

/**
 * Upstream writes a query's vector once for every model that answered it. Kept once, memory and the search shrink by
 * the number of models, and queries can be told from rows.
 */
export function distinctVectors(rows: Matrix, dimension: number): DistinctVectors {
  const count = dimension === 0 ? 0 : rows.length / dimension;
  const bits = new Uint32Array(rows.buffer, rows.byteOffset, rows.byteLength / 4);
  const words = (dimension * rows.BYTES_PER_ELEMENT) / 4;
  const vectorOf = new Uint32Array(count);
  const firstRows: number[] = [];
  const sameHash = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const hash = hashOf(bits, row * words, words);
    const known = sameHash.get(hash) ?? [];
    let vector = known.find((index) =>
      equal(bits, (firstRows[index] as number) * words, row * words, words),
    );
    if (vector === undefined) {
      vector = firstRows.push(row) - 1;
      sameHash.set(hash, [...known, vector]);
    }
    vectorOf[row] = vector;
  }
  if (firstRows.length === count) return { vectors: rows, vectorOf };
  const vectors = rows.slice(0, firstRows.length * dimension);
  firstRows.forEach((row, index) => {
    vectors.set(rows.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  });
  return { vectors, vectorOf };
}

/** FNV-1a over 32-bit words. */
function hashOf(bits: Uint32Array, from: number, words: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < from + words; at++) {
    hash = Math.imul(hash ^ (bits[at] as number), 0x01000193);
    // Low bits of a product never see the high bits of its factors, and those of embeddings differ most.
    hash ^= hash >>> 15;
  }
  return hash;
}

function equal(bits: Uint32Array, a: number, b: number, words: number): boolean {
  for (let i = 0; i < words; i++) if (bits[a + i] !== bits[b + i]) return false;
  return true;
}

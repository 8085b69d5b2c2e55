import type { Matrix } from "../math/matrix.ts";
import { hashStart, hashStep, rowIndex } from "./row-index.ts";

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
  const index = rowIndex();
  for (let row = 0; row < count; row++) {
    let hash = hashStart;
    for (let at = row * words; at < (row + 1) * words; at++) {
      hash = hashStep(hash, bits[at] as number);
    }
    let vector = index.find(hash, (known) =>
      equal(bits, (firstRows[known] as number) * words, row * words, words),
    );
    if (vector < 0) {
      vector = index.add(hash);
      firstRows.push(row);
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

function equal(bits: Uint32Array, a: number, b: number, words: number): boolean {
  for (let i = 0; i < words; i++) if (bits[a + i] !== bits[b + i]) return false;
  return true;
}

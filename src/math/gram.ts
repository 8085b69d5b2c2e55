import { kernelRows } from "./kernel-rows.ts";

/** Dot products of every two rows, as a symmetric table of singles: summed in double precision, rounded once. */
export function gram(rows: Float32Array, dimension: number): Float32Array {
  const { size, row } = kernelRows(rows, dimension, undefined, Number.POSITIVE_INFINITY);
  const table = new Float32Array(size * size);
  for (let at = 0; at < size; at++) table.set(row(at), at * size);
  return table;
}

/** A sparse row: `values[i]` stands in column `columns[i]`. */
export interface SparseRow {
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Scales `values[from]` to `values[to - 1]` to length 1, or another; zeros stay. */
export function toUnitLength(values: Float32Array, from: number, to: number, length = 1): void {
  let squares = 0;
  for (let i = from; i < to; i++) squares += (values[i] as number) ** 2;
  const scale = squares > 0 ? length / Math.sqrt(squares) : 0;
  for (let i = from; i < to; i++) values[i] = (values[i] as number) * scale;
}

/**
 * Dot products of every two rows, as a symmetric table of singles. Four rows by four at once: every number read then
 * serves four products, and sixteen sums wait for none of the others.
 */
export function gram(rows: Float32Array, dimension: number): Float32Array {
  const count = rows.length / dimension;
  const table = new Float32Array(count * count);
  for (let row = 0; row < count; row += tile) {
    for (let column = 0; column <= row; column += tile) {
      block(rows, dimension, row, column, count, table);
    }
  }
  for (let row = 0; row < count; row++) {
    for (let column = row + 1; column < count; column++) {
      table[row * count + column] = table[column * count + row] as number;
    }
  }
  return table;
}

const tile = 4;

function block(
  rows: Float32Array,
  dimension: number,
  row: number,
  column: number,
  count: number,
  into: Float32Array,
): void {
  // Rows beyond the last are read as the last, and not written.
  const at = (index: number) => Math.min(index, count - 1) * dimension;
  const [a0, a1, a2, a3] = [at(row), at(row + 1), at(row + 2), at(row + 3)];
  const [b0, b1, b2, b3] = [at(column), at(column + 1), at(column + 2), at(column + 3)];
  let s00 = 0,
    s01 = 0,
    s02 = 0,
    s03 = 0;
  let s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0;
  let s20 = 0,
    s21 = 0,
    s22 = 0,
    s23 = 0;
  let s30 = 0,
    s31 = 0,
    s32 = 0,
    s33 = 0;
  for (let i = 0; i < dimension; i++) {
    const x0 = rows[a0 + i] as number;
    const x1 = rows[a1 + i] as number;
    const x2 = rows[a2 + i] as number;
    const x3 = rows[a3 + i] as number;
    const y0 = rows[b0 + i] as number;
    const y1 = rows[b1 + i] as number;
    const y2 = rows[b2 + i] as number;
    const y3 = rows[b3 + i] as number;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  const sums = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33];
  for (let r = 0; r < tile && row + r < count; r++) {
    for (let c = 0; c < tile && column + c < count; c++) {
      into[(row + r) * count + column + c] = sums[r * tile + c] as number;
    }
  }
}

/**
 * Solves A x = b for every column of `b` (row-major, `columns` wide) where A is symmetric and positive definite; only
 * its lower triangle is read, and overwritten with its Cholesky factor. `b` is overwritten with the solutions.
 */
export function solveInPlace(
  a: Float64Array,
  size: number,
  b: Float64Array,
  columns: number,
): void {
  factorise(a, size);
  for (let row = 0; row < size; row++) {
    eliminate(b, row, columns, row, (other) => a[row * size + other] as number, 0);
    divide(b, row, columns, a[row * size + row] as number);
  }
  for (let row = size - 1; row >= 0; row--) {
    eliminate(b, row, columns, size, (other) => a[other * size + row] as number, row + 1);
    divide(b, row, columns, a[row * size + row] as number);
  }
}

/** Row by row, so that both factors of every product are read in memory order. */
function factorise(a: Float64Array, size: number): void {
  for (let row = 0; row < size; row++) {
    const start = row * size;
    for (let column = 0; column < row; column++) {
      const other = column * size;
      const rest = (a[start + column] as number) - partialDot(a, start, other, column);
      a[start + column] = rest / (a[other + column] as number);
    }
    const rest = (a[start + row] as number) - partialDot(a, start, start, row);
    if (!(rest > 0))
      throw new Error("unreachable: the penalty makes every matrix positive definite");
    a[start + row] = Math.sqrt(rest);
  }
}

/** Four sums, so that an addition need not wait for the one before it. */
function partialDot(a: Float64Array, p: number, q: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < count; i += 4) {
    s0 += (a[p + i] as number) * (a[q + i] as number);
    s1 += (a[p + i + 1] as number) * (a[q + i + 1] as number);
    s2 += (a[p + i + 2] as number) * (a[q + i + 2] as number);
    s3 += (a[p + i + 3] as number) * (a[q + i + 3] as number);
  }
  for (; i < count; i++) s0 += (a[p + i] as number) * (a[q + i] as number);
  return s0 + s1 + (s2 + s3);
}

function eliminate(
  b: Float64Array,
  row: number,
  columns: number,
  to: number,
  factor: (other: number) => number,
  from: number,
): void {
  for (let other = from; other < to; other++) {
    const times = factor(other);
    for (let column = 0; column < columns; column++) {
      b[row * columns + column]! -= times * (b[other * columns + column] as number);
    }
  }
}

function divide(b: Float64Array, row: number, columns: number, by: number): void {
  for (let column = 0; column < columns; column++) b[row * columns + column]! /= by;
}

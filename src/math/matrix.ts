/** Rows of equal length, one after the other. Float32Array when that loses nothing, as for embeddings. */
export type Matrix = Float32Array | Float64Array;

/** Squared Euclidean distance from `x` to every row, accumulated in double precision, left to right. */
export function squaredDistances(rows: Matrix, x: Float64Array): Float64Array {
  const dimension = x.length;
  const distances = new Float64Array(dimension === 0 ? 0 : rows.length / dimension);
  for (let row = 0, at = 0; row < distances.length; row++) {
    let sum = 0;
    for (let i = 0; i < dimension; i++, at++) {
      const difference = (x[i] as number) - (rows[at] as number);
      sum += difference * difference;
    }
    distances[row] = sum;
  }
  return distances;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The same numbers in half the memory when none of them needs double precision. */
export function narrowed(numbers: Float64Array): Matrix {
  for (const value of numbers) if (Math.fround(value) !== value) return numbers;
  return Float32Array.from(numbers);
}

export function concatenated(parts: readonly Matrix[]): Matrix {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts.some((part) => part instanceof Float64Array)
    ? new Float64Array(length)
    : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Rows of equal length, one after the other. Float32Array when that loses nothing, as for embeddings. */
export type Matrix = Float32Array | Float64Array;

/** Squared Euclidean distance from `x` to every row. */
export function squaredDistances(rows: Matrix, x: Float64Array): Float64Array {
  const dimension = x.length;
  const distances = new Float64Array(dimension === 0 ? 0 : rows.length / dimension);
  for (let row = 0; row < distances.length; row++) {
    distances[row] = squaredDistance(rows, row * dimension, x);
  }
  return distances;
}

/**
 * Squared Euclidean distance from `x` to the row that begins at number `from`, in double precision. Number i is added in
 * lane i mod 8 and the lanes in a fixed order at the end, so that the kernel for SIMD gives the same bits.
 */
export function squaredDistance(rows: Matrix, from: number, x: Float64Array): number {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  const whole = x.length - (x.length % 8);
  const square = (i: number): number => {
    const difference = (x[i] as number) - (rows[from + i] as number);
    return difference * difference;
  };
  for (let i = 0; i < whole; i += 8) {
    a += square(i);
    b += square(i + 1);
    c += square(i + 2);
    d += square(i + 3);
    e += square(i + 4);
    f += square(i + 5);
    g += square(i + 6);
    h += square(i + 7);
  }
  const left = (i: number): number => (i < x.length ? square(i) : 0);
  a += left(whole);
  b += left(whole + 1);
  c += left(whole + 2);
  d += left(whole + 3);
  e += left(whole + 4);
  f += left(whole + 5);
  g += left(whole + 6);
  return a + c + (e + g) + (b + d + (f + h));
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

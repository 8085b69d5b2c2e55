import { solveInPlace } from "../math/cholesky.ts";
import { gram } from "../math/gram.ts";

/** score of column m = weights[m] . x - rho[m] */
export interface LinearFit {
  /** By column, `dimension` numbers each. */
  readonly weights: Float64Array;
  readonly rho: Float64Array;
}

interface Problem {
  readonly rows: Float32Array;
  readonly dimension: number;
  /** By row, `columns` wide, without NaN. */
  readonly targets: Float64Array;
  readonly columns: number;
}

/**
 * Least-squares support vector machines (Suykens and Vandewalle 1999) with a linear kernel, which is ridge regression:
 * one fit a penalty, least squares + penalty * |weights|^2, the offset free. Solved in as few unknowns as there are
 * rows or numbers in one, whichever is less.
 */
export function leastSquares(problem: Problem, penalties: readonly number[]): readonly LinearFit[] {
  const { rows, dimension } = problem;
  return rows.length / dimension < dimension
    ? dual(problem, penalties)
    : primal(problem, penalties);
}

/** (X' X + penalty) w = X' t, in numbers of a row. */
export function primal(problem: Problem, penalties: readonly number[]): readonly LinearFit[] {
  const { rows, dimension, targets, columns } = problem;
  const count = rows.length / dimension;
  const [rowMean, targetMean] = [meanRow(rows, dimension), meanRow(targets, columns)];
  const products = gram(transposed(rows, dimension), count);
  const right = new Float64Array(dimension * columns);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimension; i++) {
      const x = (rows[row * dimension + i] as number) - (rowMean[i] as number);
      for (let m = 0; m < columns; m++) {
        right[i * columns + m]! += x * (targets[row * columns + m] as number);
      }
    }
  }
  return penalties.map((penalty) => {
    const left = Float64Array.from(products);
    for (let i = 0; i < dimension; i++) {
      for (let j = 0; j <= i; j++) {
        left[i * dimension + j]! -= count * (rowMean[i] as number) * (rowMean[j] as number);
      }
      left[i * dimension + i]! += penalty;
    }
    const solution = right.slice();
    solveInPlace(left, dimension, solution, columns);
    return fitOf(transposed(solution, columns), rowMean, targetMean);
  });
}

/** (X X' + penalty) a = t and w = X' a, in rows. */
export function dual(problem: Problem, penalties: readonly number[]): readonly LinearFit[] {
  const { rows, dimension, targets, columns } = problem;
  const count = rows.length / dimension;
  const [rowMean, targetMean] = [meanRow(rows, dimension), meanRow(targets, columns)];
  const centred = rows.map((value, at) => value - (rowMean[at % dimension] as number));
  const products = gram(centred, dimension);
  return penalties.map((penalty) => {
    const left = Float64Array.from(products);
    for (let i = 0; i < count; i++) left[i * count + i]! += penalty;
    const solution = targets.map((value, at) => value - (targetMean[at % columns] as number));
    solveInPlace(left, count, solution, columns);
    const weights = new Float64Array(columns * dimension);
    for (let row = 0; row < count; row++) {
      for (let m = 0; m < columns; m++) {
        const times = solution[row * columns + m] as number;
        for (let i = 0; i < dimension; i++) {
          weights[m * dimension + i]! += times * (centred[row * dimension + i] as number);
        }
      }
    }
    return fitOf(weights, rowMean, targetMean);
  });
}

function fitOf(weights: Float64Array, rowMean: Float64Array, targetMean: Float64Array): LinearFit {
  const dimension = rowMean.length;
  const rho = targetMean.map(
    (mean, m) =>
      rowMean.reduce((sum, x, i) => sum + x * (weights[m * dimension + i] as number), 0) - mean,
  );
  return { weights, rho };
}

function meanRow(table: Float32Array | Float64Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  const count = table.length / width;
  for (let at = 0; at < table.length; at++) mean[at % width]! += (table[at] as number) / count;
  return mean;
}

function transposed<T extends Float32Array | Float64Array>(table: T, width: number): T {
  const flipped = table.slice() as T;
  const height = table.length / width;
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < width; i++) flipped[i * height + row] = table[row * width + i] as number;
  }
  return flipped;
}

import type { KernelRows } from "../math/kernel-rows.ts";

export interface Machine {
  /** By example: its multiplier times its label. Support vectors are those with one. */
  readonly alpha: Float64Array;
  /** decision value of x = sum of alpha[i] K(x, x[i]) - rho */
  readonly rho: number;
  /** Of the dual problem, the smaller the better: what two solvers must agree on. */
  readonly objective: number;
}

export interface SmoSettings {
  /** The price of an error: the largest multiplier. */
  readonly c: number;
  /** Largest violation of the optimality conditions that may remain: LIBSVM's eps. */
  readonly tolerance: number;
}

/** Instead of a second derivative that is not positive, as LIBSVM's TAU. */
const leastCurvature = 1e-12;

/**
 * A support vector machine by sequential minimal optimisation, choosing pairs as LIBSVM does: by second-order
 * information (Fan, Chen and Lin 2005, "WSS 2"), of equals the last. `examples` are some of those that the kernel has
 * rows of, each once; `labels` are +1 or -1, by example. The violation of an example is the gradient of the dual times
 * -1 times its label.
 */
export function smo(
  { size, width, rowAt, pool: { kernels, at, doubles } }: KernelRows,
  examples: Uint32Array,
  labels: Int8Array,
  { c, tolerance }: SmoSettings,
): Machine {
  const list = (from: number): Float64Array => doubles.subarray(from / 8, from / 8 + width);
  const violations = list(at.violations).fill(0);
  const rising = list(at.rising).fill(Number.NEGATIVE_INFINITY);
  const falling = list(at.falling).fill(Number.POSITIVE_INFINITY);
  const diagonal = list(at.diagonal);
  const multipliers = new Float64Array(size);
  // The other way round, as scikit-learn hands LIBSVM its classes: the steps are then the same.
  const signs = new Int8Array(size);
  examples.forEach((example, place) => {
    signs[example] = -(labels[place] as number);
    violations[example] = signs[example] as number;
    allow(example);
  });

  /** Which way the example's multiplier may still move. */
  function allow(example: number): void {
    const multiplier = multipliers[example] as number;
    const [more, less] = [multiplier < c, multiplier > 0];
    const [up, down] = (signs[example] as number) > 0 ? [more, less] : [less, more];
    rising[example] = up ? 0 : Number.NEGATIVE_INFINITY;
    falling[example] = down ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Moves the pair to its optimum within the box, and answers how far, by the labels. */
  function move(i: number, j: number, between: number): readonly [number, number] {
    const [oldI, oldJ] = [multipliers[i] as number, multipliers[j] as number];
    const [signI, signJ] = [signs[i] as number, signs[j] as number];
    const curvature = (diagonal[i] as number) + (diagonal[j] as number) - 2 * between;
    const step =
      ((violations[i] as number) - (violations[j] as number)) / Math.max(curvature, leastCurvature);
    // What every move along the line leaves as it is: the sum of multipliers of one label, else the difference.
    const alike = signI === signJ;
    const kept = alike ? oldI + oldJ : oldI - oldJ;
    let [newI, newJ] = [oldI + signI * step, oldJ - signJ * step];
    if (newI < 0 || newI > c) {
      newI = newI < 0 ? 0 : c;
      newJ = alike ? kept - newI : newI - kept;
    }
    if (newJ < 0 || newJ > c) {
      newJ = newJ < 0 ? 0 : c;
      newI = alike ? kept - newJ : newJ + kept;
    }
    multipliers[i] = newI;
    multipliers[j] = newJ;
    return [signI * (newI - oldI), signJ * (newJ - oldJ)];
  }

  const single = doubles.buffer;
  const value = new Float32Array(single);
  // Enough for every set seen; a solver that cycles by rounding must still end.
  const maxSteps = Math.max(1_000_000, 100 * examples.length);
  const lists = [at.violations, at.rising, width] as const;
  let i = kernels.smoStep(at.rows, at.rows, 0, 0, ...lists);
  for (let step = 0; step < maxSteps && i >= 0; step++) {
    const rowI = rowAt(i);
    const j = kernels.smoPartner(
      rowI,
      i,
      at.violations,
      at.falling,
      at.diagonal,
      width,
      leastCurvature,
      at.facts,
    );
    const least = doubles[at.facts / 8] as number;
    if (j < 0 || (violations[i] as number) - least < tolerance) break;
    const rowJ = rowAt(j);
    const [byI, byJ] = move(i, j, value[rowI / 4 + j] as number);
    allow(i);
    allow(j);
    i = kernels.smoStep(rowI, rowJ, byI, byJ, ...lists);
  }

  let objective = 0;
  for (const example of examples) {
    const gradient = -(signs[example] as number) * (violations[example] as number);
    objective += ((multipliers[example] as number) * (gradient - 1)) / 2;
  }
  return {
    alpha: Float64Array.from(
      examples,
      (example, place) => (multipliers[example] as number) * (labels[place] as number),
    ),
    rho: thresholdOf(examples, violations, rising, falling),
    objective,
  };
}

/** Where free support vectors put it; without any, the middle of what the others allow. */
function thresholdOf(
  examples: Uint32Array,
  violations: Float64Array,
  rising: Float64Array,
  falling: Float64Array,
): number {
  let [sum, free] = [0, 0];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const example of examples) {
    const violation = violations[example] as number;
    if (rising[example] === 0 && falling[example] === 0) {
      sum += violation;
      free++;
    } else if (rising[example] === 0) low = Math.max(low, violation);
    else high = Math.min(high, violation);
  }
  if (free > 0) return sum / free;
  if (low === Number.NEGATIVE_INFINITY) return high === Number.POSITIVE_INFINITY ? 0 : high;
  return high === Number.POSITIVE_INFINITY ? low : (low + high) / 2;
}

/** Kernel values of every pair of examples, of which a machine may learn from some. */
export interface KernelTable {
  /** `size` by `size`, row-major, symmetric. */
  readonly values: Float32Array;
  readonly size: number;
}

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
 * information (Fan, Chen and Lin 2005, "WSS 2"). `examples` are rows of the table, `labels` are +1 or -1, by example.
 */
export function smo(
  { values: kernel, size }: KernelTable,
  examples: Uint32Array,
  labels: Int8Array,
  { c, tolerance }: SmoSettings,
): Machine {
  const count = examples.length;
  const multipliers = new Float64Array(count);
  const gradient = new Float64Array(count).fill(-1);
  const diagonal = Float64Array.from(examples, (row) => kernel[row * size + row] as number);
  // Enough for every set seen; a solver that cycles by rounding must still end.
  const maxSteps = Math.max(1_000_000, 100 * count);
  const mayRise = (i: number): boolean =>
    labels[i] === 1 ? (multipliers[i] as number) < c : (multipliers[i] as number) > 0;
  const mayFall = (i: number): boolean =>
    labels[i] === 1 ? (multipliers[i] as number) > 0 : (multipliers[i] as number) < c;

  for (let step = 0; step < maxSteps; step++) {
    let [i, most] = [-1, Number.NEGATIVE_INFINITY];
    for (let t = 0; t < count; t++) {
      const violation = -(labels[t] as number) * (gradient[t] as number);
      if (violation > most && mayRise(t)) [i, most] = [t, violation];
    }
    if (i < 0) break;
    const rowI = (examples[i] as number) * size;
    let [j, least, bestGain] = [-1, Number.POSITIVE_INFINITY, 0];
    for (let t = 0; t < count; t++) {
      if (!mayFall(t)) continue;
      const violation = -(labels[t] as number) * (gradient[t] as number);
      if (violation < least) least = violation;
      const difference = most - violation;
      if (difference <= 0) continue;
      const curvature =
        (diagonal[i] as number) +
        (diagonal[t] as number) -
        2 * (kernel[rowI + (examples[t] as number)] as number);
      const gain = (difference * difference) / Math.max(curvature, leastCurvature);
      if (gain > bestGain) [j, bestGain] = [t, gain];
    }
    if (j < 0 || most - least < tolerance) break;
    const rowJ = (examples[j] as number) * size;
    const [stepI, stepJ] = moved(i, j, kernel[rowI + (examples[j] as number)] as number);
    const [byI, byJ] = [stepI * (labels[i] as number), stepJ * (labels[j] as number)];
    for (let t = 0; t < count; t++) {
      const column = examples[t] as number;
      gradient[t]! +=
        (labels[t] as number) *
        (byI * (kernel[rowI + column] as number) + byJ * (kernel[rowJ + column] as number));
    }
  }

  /** Moves the pair to the optimum between its bounds, keeping the sum of labels times multipliers. */
  function moved(i: number, j: number, between: number): readonly [number, number] {
    const [oldI, oldJ] = [multipliers[i] as number, multipliers[j] as number];
    const curvature = (diagonal[i] as number) + (diagonal[j] as number) - 2 * between;
    const sign = labels[i] === labels[j] ? -1 : 1;
    const slope = -(gradient[i] as number) - sign * (gradient[j] as number);
    // Along the line multipliers[j] = oldJ + sign * (multipliers[i] - oldI), within the box.
    const [low, high] =
      sign > 0
        ? [Math.max(0, oldI - oldJ), Math.min(c, c + oldI - oldJ)]
        : [Math.max(0, oldI + oldJ - c), Math.min(c, oldI + oldJ)];
    const wanted = oldI + slope / Math.max(curvature, leastCurvature);
    const newI = Math.min(high, Math.max(low, wanted));
    // To the bound itself, not to a rounding error beside it: which set a multiplier is in decides the next step.
    const newJ = snapped(oldJ + sign * (newI - oldI), c);
    multipliers[i] = newI;
    multipliers[j] = newJ;
    return [newI - oldI, newJ - oldJ];
  }

  return {
    alpha: multipliers.map((multiplier, t) => multiplier * (labels[t] as number)),
    rho: thresholdOf(multipliers, gradient, labels, c),
    objective: multipliers.reduce((sum, m, t) => sum + (m * ((gradient[t] as number) - 1)) / 2, 0),
  };
}

const snapped = (multiplier: number, bound: number): number => {
  const margin = bound * 1e-12;
  if (multiplier < margin) return 0;
  return multiplier > bound - margin ? bound : multiplier;
};

/** Where free support vectors put it; without any, the middle of what the others allow. */
function thresholdOf(
  multipliers: Float64Array,
  gradient: Float64Array,
  labels: Int8Array,
  c: number,
): number {
  let [sum, free] = [0, 0];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  multipliers.forEach((multiplier, t) => {
    const label = labels[t] as number;
    const value = label * (gradient[t] as number);
    if (multiplier > 0 && multiplier < c) {
      sum += value;
      free++;
    } else if ((multiplier === 0) === label > 0) high = Math.min(high, value);
    else low = Math.max(low, value);
  });
  if (free > 0) return sum / free;
  if (low === Number.NEGATIVE_INFINITY) return high === Number.POSITIVE_INFINITY ? 0 : high;
  return high === Number.POSITIVE_INFINITY ? low : (low + high) / 2;
}

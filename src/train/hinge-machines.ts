import type { KernelRows } from "../math/kernel-rows.ts";
import { telling, valueMeans } from "./advantage.ts";
import { smo } from "./smo.ts";
import type { TrainingSet } from "./training-set.ts";

export interface HingeMachine {
  /** By query of the set: 0 for those that are no support vectors. */
  readonly alpha: Float64Array;
  readonly rho: number;
}

/** LIBSVM's default. */
const tolerance = 1e-3;

/**
 * By model: a machine that tells the queries of `indices` to which its answer is better than their mean. `kernel` is
 * that of the set's rows, scaled to length 1. Queries on which all models are alike are left out.
 */
export function hingeMachines(
  set: TrainingSet,
  indices: Uint32Array,
  kernel: KernelRows,
  c: number,
): readonly HingeMachine[] {
  const { models, values, count } = set;
  const middle = valueMeans(set);
  const tells = telling(set);
  return models.map((_, model) => {
    const cellOf = (row: number): number => row * models.length + model;
    const examples = indices.filter((row) => tells[row] && !Number.isNaN(values[cellOf(row)]));
    const labels = Int8Array.from(examples, (row) =>
      (values[cellOf(row)] as number) > (middle[row] as number) ? 1 : -1,
    );
    const machine = smo(kernel, examples, labels, { c, tolerance });
    const alpha = new Float64Array(count);
    examples.forEach((row, at) => {
      alpha[row] = machine.alpha[at] as number;
    });
    return { alpha, rho: machine.rho };
  });
}

/** Decision values of some of the kernel's queries. */
export function decisionValues(
  { alpha, rho }: HingeMachine,
  { width, rowAt, pool: { kernels, at, doubles } }: KernelRows,
  queries: Uint32Array,
): Float64Array {
  doubles.fill(0, at.weights / 8, at.weights / 8 + width);
  doubles.set(alpha, at.weights / 8);
  return Float64Array.from(
    queries,
    (query) => kernels.weighedRow(rowAt(query), at.weights, width) - rho,
  );
}

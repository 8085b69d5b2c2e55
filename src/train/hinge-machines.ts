import { telling, valueMeans } from "./advantage.ts";
import { type KernelTable, smo } from "./smo.ts";
import type { TrainingSet } from "./training-set.ts";

export interface HingeSettings {
  readonly c: number;
  /** Absent: the linear kernel. */
  readonly gamma?: number;
}

export interface HingeMachine {
  /** By query of the set: 0 for those that are no support vectors. */
  readonly alpha: Float64Array;
  readonly rho: number;
}

/** LIBSVM's default. */
const tolerance = 1e-3;

/**
 * By model: a machine that tells the queries of `indices` to which its answer is better than their mean. `products` are
 * those of the set's rows, scaled to length 1. Queries on which all models are alike are left out.
 */
export function hingeMachines(
  set: TrainingSet,
  indices: Uint32Array,
  products: KernelTable,
  { c, gamma }: HingeSettings,
  kernel: KernelTable = gamma === undefined ? products : rbfTable(products, gamma),
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

/** exp(-gamma |a - b|^2) of rows of length 1. */
export function rbfTable({ values, size }: KernelTable, gamma: number): KernelTable {
  return { values: values.map((product) => Math.exp(-2 * gamma * (1 - product))), size };
}

/** Decision value of one of the table's queries. */
export function decisionValue(
  { alpha, rho }: HingeMachine,
  { values, size }: KernelTable,
  query: number,
): number {
  let sum = 0;
  for (let row = 0; row < size; row++) {
    const times = alpha[row] as number;
    if (times !== 0) sum += times * (values[query * size + row] as number);
  }
  return sum - rho;
}

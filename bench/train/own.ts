import { kernelRows } from "../../src/math/kernel-rows.ts";
import { cluster, rowsAt } from "../../src/train/fit-kmeans.ts";
import { kmeansPoints } from "../../src/train/kmeans-points.ts";
import { lloyd } from "../../src/train/lloyd.ts";
import { smo } from "../../src/train/smo.ts";
import type { TrainingSet } from "../../src/train/training-set.ts";
import type { Problem } from "./problems.ts";

/** Seconds; `cpu` of all threads of the process. */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

export interface SvmSetting {
  readonly kernel: "rbf" | "linear";
  readonly C: number;
  readonly gamma: number;
  readonly tol: number;
}

/** Of a machine, what two solvers must agree on. */
export interface Found {
  readonly rho: number;
  readonly objective: number;
  readonly support_vectors: number;
}

export interface SvmAnswer extends Spent {
  readonly machines: readonly Found[];
}

export interface KmeansAnswer extends Spent {
  readonly inertia: number;
}

function timed<T>(work: () => T): readonly [T, Spent] {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const found = work();
  const wall = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return [found, { wall, cpu: (user + system) / 1e6 }];
}

/** All machines, and the kernel that they share. */
export function ownSvm(
  { unit, dimension, labels }: Problem,
  { kernel, C, gamma, tol }: SvmSetting,
): SvmAnswer {
  const [machines, spent] = timed(() => {
    const rows = kernelRows(unit, dimension, kernel === "rbf" ? gamma : undefined);
    return labels.map((one) => {
      const examples = Uint32Array.from(one.keys()).filter((row) => one[row] !== 0);
      const signs = one.filter((label) => label !== 0);
      const { alpha, rho, objective } = smo(rows, examples, signs, { c: C, tolerance: tol });
      return { rho, objective, support_vectors: alpha.filter((value) => value !== 0).length };
    });
  });
  return { machines, ...spent };
}

export function ownKmeans(
  { rows, dimension, count }: Problem,
  setting: { readonly clusters: number; readonly starts: number; readonly seed: number },
): KmeansAnswer {
  const set = { rows, dimension, count } as TrainingSet;
  const [{ inertia }, spent] = timed(() => cluster(set, setting));
  return { inertia, ...spent };
}

export function ownKmeansFrom(
  { rows, dimension }: Problem,
  chosen: readonly number[],
): KmeansAnswer {
  const [{ inertia }, spent] = timed(() =>
    lloyd(kmeansPoints(rows, dimension, chosen.length), rowsAt(rows, dimension, chosen)),
  );
  return { inertia, ...spent };
}

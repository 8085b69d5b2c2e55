import type { LinearMachine, SvmArtifact } from "../artifact/artifact.ts";
import { kernelRows } from "../math/kernel-rows.ts";
import { advantages, sameQueries } from "./advantage.ts";
import type { Calibration } from "./calibrate.ts";
import { tableOf } from "./category-table.ts";
import { hingeMachines } from "./hinge-machines.ts";
import { leastSquares } from "./least-squares.ts";
import { categoriesAlone, subset, type TrainingSet } from "./training-set.ts";

/**
 * What a machine learns. Loss mean: nothing but the mean value of the model's answers in each category, so that it is the
 * category table. Squared loss: by how much the model's answer is better than the query's others. Hinge loss:
 * whether it is better than their mean.
 */
export type SvmSettings =
  | { readonly loss: "mean"; readonly kernel: "linear"; readonly shrinkage: number }
  | { readonly loss: "squared"; readonly kernel: "linear"; readonly penalty: number }
  | { readonly loss: "hinge"; readonly kernel: "linear"; readonly c: number }
  | { readonly loss: "hinge"; readonly kernel: "rbf"; readonly c: number; readonly gamma: number };

/** As selectors and upstream's Rust do with a query: length 1. Support vectors are stored so. */
export function normalised({ rows, dimension }: TrainingSet): Float32Array {
  const unit = rows.slice();
  for (let from = 0; from < rows.length; from += dimension) {
    const row = rows.subarray(from, from + dimension);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (norm > 0)
      unit.set(
        row.map((x) => x / norm),
        from,
      );
  }
  return unit;
}

/**
 * One machine a model, one against all. Decision values of hinge machines are distances, which say nothing across
 * machines: `calibration` turns each into the advantage to expect, and is folded into alpha, weights and rho.
 */
export function fitSvm(
  set: TrainingSet,
  settings: SvmSettings,
  calibration?: readonly Calibration[],
): SvmArtifact {
  const { models, dimension } = set;
  const unit = normalised(set);
  const base = {
    algorithm: "svm" as const,
    trained: set.count > 0,
    dimension,
    modelNames: models,
    kernelType: settings.kernel,
    gamma: settings.kernel === "rbf" ? settings.gamma : 1,
  };
  if (settings.loss === "mean") {
    const linear = meanMachines(set, unit, settings.shrinkage);
    return { ...base, linear, rbf: [], vectors: new Float32Array(0) };
  }
  if (settings.loss === "squared") {
    const linear = squaredMachines({ ...set, rows: unit }, [settings.penalty])[0] ?? [];
    return { ...base, linear, rbf: [], vectors: new Float32Array(0) };
  }
  const indices = Uint32Array.from({ length: set.count }, (_, row) => row);
  const kernel = kernelRows(
    unit,
    dimension,
    settings.kernel === "rbf" ? settings.gamma : undefined,
  );
  const machines = hingeMachines(set, indices, kernel, settings.c).map(({ alpha, rho }, model) => {
    const { slope, offset } = calibration?.[model] ?? { slope: 1, offset: 0 };
    return { alpha: alpha.map((value) => value * slope), rho: rho * slope - offset };
  });
  if (settings.kernel === "linear") {
    const linear = machines.map(({ alpha, rho }, model) => ({
      model: models[model] as string,
      weights: weighted(unit, dimension, alpha),
      rho,
    }));
    return { ...base, linear, rbf: [], vectors: new Float32Array(0) };
  }
  const used = indices.filter((row) => machines.some(({ alpha }) => alpha[row] !== 0));
  if (used.length === 0) {
    // Answers are all alike, or calibration found that no machine tells anything: there is no kernel of nothing.
    const linear = machines.map(({ rho }, model) => {
      return { model: models[model] as string, weights: new Float64Array(dimension), rho };
    });
    return {
      ...base,
      kernelType: "linear",
      gamma: 1,
      linear,
      rbf: [],
      vectors: new Float32Array(0),
    };
  }
  const place = new Map(Array.from(used, (row, at) => [row, at]));
  const rbf = machines.map(({ alpha, rho }, model) => {
    const own = indices.filter((row) => alpha[row] !== 0);
    return {
      model: models[model] as string,
      vectorOf: own.map((row) => place.get(row) as number),
      alpha: Float64Array.from(own, (row) => alpha[row] as number),
      rho,
      gamma: settings.gamma,
    };
  });
  return { ...base, linear: [], rbf, vectors: subset({ ...set, rows: unit }, used).rows };
}

/** Weights on the one-hot alone. `unit` are the set's rows, scaled to length 1. */
function meanMachines(
  set: TrainingSet,
  unit: Float32Array,
  shrinkage: number,
): readonly LinearMachine[] {
  const { models, dimension, oneHot } = set;
  const { clusterScores } = tableOf(categoriesAlone(set), shrinkage).artifact;
  // What a 1 of the one-hot becomes: all embeddings are of one length.
  const hot = Math.max(...unit.subarray(dimension - oneHot, dimension)) || 1;
  return models.map((model, column) => {
    const weights = new Float64Array(dimension);
    for (let category = 0; category < oneHot; category++) {
      const score = clusterScores?.[category * models.length + column] ?? 0;
      weights[dimension - oneHot + category] = score / hot;
    }
    return { model, weights, rho: 0 };
  });
}

/** Machines for every penalty. `set` has rows of length 1. */
export function squaredMachines(
  set: TrainingSet,
  penalties: readonly number[],
): readonly (readonly LinearMachine[])[] {
  const { dimension, models } = set;
  const targets = advantages(set);
  const found = penalties.map(() => new Array<LinearMachine>(models.length));
  for (const { columns, rows } of sameQueries(set)) {
    const own = subset({ ...set, values: targets }, rows);
    const wanted = Float64Array.from({ length: own.count * columns.length }, (_, cell) => {
      const column = columns[cell % columns.length] as number;
      return own.values[Math.floor(cell / columns.length) * models.length + column] as number;
    });
    const problem = { rows: own.rows, dimension, targets: wanted, columns: columns.length };
    leastSquares(problem, penalties).forEach(({ weights, rho }, at) => {
      columns.forEach((column, m) => {
        (found[at] as LinearMachine[])[column] = {
          model: models[column] as string,
          weights: weights.slice(m * dimension, (m + 1) * dimension),
          rho: rho[m] as number,
        };
      });
    });
  }
  return found;
}

function weighted(rows: Float32Array, dimension: number, alpha: Float64Array): Float64Array {
  const sum = new Float64Array(dimension);
  alpha.forEach((times, row) => {
    if (times === 0) return;
    for (let i = 0; i < dimension; i++) sum[i]! += times * (rows[row * dimension + i] as number);
  });
  return sum;
}

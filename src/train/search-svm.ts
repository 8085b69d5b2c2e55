import { kernelRows } from "../math/kernel-rows.ts";
import { dot } from "../math/matrix.ts";
import { advantages } from "./advantage.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { normalised, type SvmSettings, squaredMachines } from "./fit-svm.ts";
import { decisionValues, hingeMachines } from "./hinge-machines.ts";
import { type Search, type Tried, valueOfScores } from "./search.ts";
import { subset } from "./training-set.ts";

export interface SvmChoice {
  readonly settings: SvmSettings;
  /** By model, of hinge machines. */
  readonly calibration?: readonly Calibration[];
}

const penalties = [30, 10, 100, 3, 300];
const costs = [0.1, 1];
const gammas = [1];

/** Tries losses, kernels and how much to hold the machines back. `kernel` and `gamma` fix theirs. */
export function searchSvm(
  search: Search,
  kernel?: "linear" | "rbf",
  gamma?: number,
): readonly Tried<SvmChoice>[] {
  return [
    ...(kernel === "rbf" ? [] : searchSquared(search)),
    ...(kernel === "rbf" ? [] : searchHinge(search, "linear")),
    ...(kernel === "linear"
      ? []
      : (gamma === undefined ? gammas : [gamma]).flatMap((one) => searchHinge(search, "rbf", one))),
  ];
}

function searchSquared({ set, folds }: Search): readonly Tried<SvmChoice>[] {
  const { dimension, models } = set;
  const scaled = { ...set, rows: normalised(set) };
  const scores = penalties.map(() => new Float64Array(set.values.length));
  for (const { train, test } of folds) {
    squaredMachines(subset(scaled, train), penalties).forEach((machines, at) => {
      machines.forEach(({ weights, rho }, model) => {
        for (const row of test) {
          const x = scaled.rows.subarray(row * dimension, (row + 1) * dimension);
          (scores[at] as Float64Array)[row * models.length + model] = dot(weights, x) - rho;
        }
      });
    });
  }
  return penalties.map((penalty, at) => ({
    settings: { settings: { loss: "squared", kernel: "linear", penalty } },
    value: valueOfScores(
      set,
      allRows(set.count),
      (row, model) => scores[at]?.[row * models.length + model] as number,
    ),
  }));
}

function searchHinge(
  search: Search,
  kernel: "linear" | "rbf",
  gamma?: number,
): readonly Tried<SvmChoice>[] {
  const { set, folds, products } = search;
  const { models } = set;
  const table = gamma === undefined ? products : kernelRows(normalised(set), set.dimension, gamma);
  const wanted = advantages(set);
  const column = (cells: Float64Array, rows: Uint32Array, model: number) =>
    Float64Array.from(rows, (row) => cells[row * models.length + model] as number);
  return costs.map((c) => {
    const decisions = new Float64Array(set.values.length).fill(Number.NaN);
    for (const { train, test } of folds) {
      hingeMachines(set, train, table, c).forEach((machine, model) => {
        decisionValues(machine, table, test).forEach((decision, at) => {
          decisions[(test[at] as number) * models.length + model] = decision;
        });
      });
    }
    const lines = (rows: Uint32Array): readonly Calibration[] =>
      models.map((_, model) =>
        calibrate(column(decisions, rows, model), column(wanted, rows, model)),
      );
    // A fold is judged with the lines of the others: its own must not calibrate it.
    const byFold = folds.map(({ train }) => lines(train));
    const foldOf = new Uint8Array(set.count);
    folds.forEach(({ test }, fold) => {
      for (const row of test) foldOf[row] = fold;
    });
    const value = valueOfScores(set, allRows(set.count), (row, model) => {
      const calibrations = byFold[foldOf[row] as number] as readonly Calibration[];
      const { slope, offset } = calibrations[model] as Calibration;
      return slope * (decisions[row * models.length + model] as number) + offset;
    });
    const settings: SvmSettings =
      kernel === "rbf"
        ? { loss: "hinge", kernel, c, gamma: gamma as number }
        : { loss: "hinge", kernel, c };
    return { settings: { settings, calibration: lines(allRows(set.count)) }, value };
  });
}

const allRows = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, row) => row);

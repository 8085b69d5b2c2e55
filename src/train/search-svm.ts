import { kernelRows } from "../math/kernel-rows.ts";
import { dot } from "../math/matrix.ts";
import { advantages } from "./advantage.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { tableOf, tableShrinkages } from "./category-table.ts";
import { normalised, type SvmSettings, squaredMachines } from "./fit-svm.ts";
import { decisionValues, hingeMachines } from "./hinge-machines.ts";
import { bestOf, chosenByScores, type Search, simplestOf, type Tried, triedOf } from "./search.ts";
import { categoriesAlone, subset, type TrainingSet } from "./training-set.ts";

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
    ...(kernel === "rbf" ? [] : searchMean(search)),
    ...(kernel === "rbf" ? [] : searchSquared(search)),
    ...(kernel === "rbf" ? [] : searchHinge(search, "linear")),
    ...(kernel === "linear"
      ? []
      : (gamma === undefined ? gammas : [gamma]).flatMap((one) => searchHinge(search, "rbf", one))),
  ];
}

/**
 * Simple kinds first, as `simplestOf` wants them; but the category table only where nothing else is better than it, as
 * whoever trains an svm has a table for less.
 */
export function bestSvm(tried: readonly Tried<SvmChoice>[]): Tried<SvmChoice> {
  const isTable = ({ settings: { settings } }: Tried<SvmChoice>) => settings.loss === "mean";
  const tables = tried.filter(isTable);
  const machines = tried.filter((one) => !isTable(one));
  const machine = simplestOf(machines, ({ settings }) => `${settings.loss} ${settings.kernel}`);
  if (tables.length === 0) return machine;
  const table = bestOf(tables);
  return table.value >= machine.value ? table : machine;
}

function searchMean({ set, folds }: Search): readonly Tried<SvmChoice>[] {
  const blind = categoriesAlone(set);
  const { oneHot, models } = set;
  const scores = tableShrinkages.map(() => new Float64Array(set.values.length));
  for (const { train, test } of folds) {
    const part = subset(blind, train);
    tableShrinkages.forEach((shrinkage, at) => {
      const { clusterScores } = tableOf(part, shrinkage).artifact;
      for (const row of test) {
        const category = blind.rows.subarray(row * oneHot, (row + 1) * oneHot).indexOf(1);
        for (let model = 0; model < models.length; model++) {
          const score = clusterScores?.[category * models.length + model] as number;
          (scores[at] as Float64Array)[row * models.length + model] = score;
        }
      }
    });
  }
  return tableShrinkages.map((shrinkage, at) =>
    triedOf({ settings: { loss: "mean", kernel: "linear", shrinkage } }, byScores(set, scores[at])),
  );
}

/** By query: value of the model of highest score. `scores` are by query and model. */
const byScores = (set: TrainingSet, scores: Float64Array | undefined): Float64Array =>
  chosenByScores(
    set,
    allRows(set.count),
    (row, model) => scores?.[row * set.models.length + model] as number,
  );

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
  return penalties.map((penalty, at) =>
    triedOf(
      { settings: { loss: "squared", kernel: "linear", penalty } },
      byScores(set, scores[at]),
    ),
  );
}

function searchHinge(
  search: Search,
  kernel: "linear" | "rbf",
  gamma?: number,
): readonly Tried<SvmChoice>[] {
  const { set, folds } = search;
  const { models } = set;
  const table =
    gamma === undefined ? search.products() : kernelRows(normalised(set), set.dimension, gamma);
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
    const chosen = chosenByScores(set, allRows(set.count), (row, model) => {
      const calibrations = byFold[foldOf[row] as number] as readonly Calibration[];
      const { slope, offset } = calibrations[model] as Calibration;
      return slope * (decisions[row * models.length + model] as number) + offset;
    });
    const settings: SvmSettings =
      kernel === "rbf"
        ? { loss: "hinge", kernel, c, gamma: gamma as number }
        : { loss: "hinge", kernel, c };
    return triedOf({ settings, calibration: lines(allRows(set.count)) }, chosen);
  });
}

const allRows = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, row) => row);

import type { Verdict } from "../../math/classification.ts";
import { goldenSection } from "../../math/golden-section.ts";
import type { SparseRow } from "../../math/sparse-row.ts";
import { packed } from "../model/quantise.ts";
import { confidencesOf, highestOf, scoresOf } from "../model/scores.ts";
import type { LinearModel } from "./averaged-sgd.ts";

export interface TaskRows {
  readonly rows: readonly SparseRow[];
  /** Numbers of `labels`. */
  readonly labels: Uint8Array;
  readonly names: readonly string[];
  readonly columns: number;
}

type Scores = readonly Float64Array[];

export function scoresOfRows(task: TaskRows, rows: readonly number[], model: LinearModel): Scores {
  const weights = packed(model, "float32");
  return rows.map((row) => scoresOf(task.rows[row] as SparseRow, weights));
}

export function verdictsOf(
  task: TaskRows,
  rows: readonly number[],
  scores: Scores,
  temperature: number,
): readonly Verdict[] {
  return rows.map((row, i) => {
    const confidences = confidencesOf(scores[i] as Float64Array, temperature);
    const predicted = highestOf(confidences);
    return {
      actual: task.names[task.labels[row] as number] as string,
      predicted: task.names[predicted] as string,
      confidence: confidences[predicted] as number,
    };
  });
}

/** The temperature at which the mean negative log-likelihood of the rows is lowest, that loss, and the verdicts. */
export function calibrated(task: TaskRows, rows: readonly number[], scores: Scores) {
  const { temperature, loss } = fitTemperature(task, rows, scores);
  return { loss, verdicts: verdictsOf(task, rows, scores, temperature) };
}

/** Shares that are tried, in units of how far the scores of both spread. */
const shares = [0, 0.15, 0.3, 0.45, 0.6, 0.8, 1, 1.25, 1.5, 2];

/** How much of `others` added to `scores` makes the loss of these rows lowest, and the temperature of the sum. */
export function bestShare(
  task: TaskRows,
  rows: readonly number[],
  scores: Scores,
  others: Scores,
): { readonly share: number; readonly temperature: number } {
  const unit = spreadOf(scores) / (spreadOf(others) || 1);
  const tried = shares.map((one) => {
    const share = Number((one * unit).toPrecision(4));
    const sums = scores.map((own, i) =>
      own.map((score, c) => score + share * ((others[i] as Float64Array)[c] as number)),
    );
    return { share, ...fitTemperature(task, rows, sums) };
  });
  return tried.reduce((best, one) => (one.loss < best.loss ? one : best));
}

/** By golden section over its logarithm, because half and twice are as far from 1. */
function fitTemperature(task: TaskRows, rows: readonly number[], scores: Scores) {
  const lossAt = (temperature: number): number => {
    let sum = 0;
    rows.forEach((row, i) => {
      const confidences = confidencesOf(scores[i] as Float64Array, temperature);
      sum -= Math.log((confidences[task.labels[row] as number] as number) + 1e-12);
    });
    return sum / rows.length;
  };
  const temperature = Number(
    Math.exp(goldenSection((log) => lossAt(Math.exp(log)), -3, 3, 0.01)).toPrecision(5),
  );
  return { temperature, loss: lossAt(temperature) };
}

/** Standard deviation over all rows and classes. */
function spreadOf(scores: Scores): number {
  const values = scores.flatMap((row) => [...row]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

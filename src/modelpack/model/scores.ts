import type { SparseRow } from "../../math/sparse-row.ts";
import type { TaskWeights } from "./model-file.ts";

/** Of every label, in the header's order. */
export function scoresOf({ columns, values }: SparseRow, task: TaskWeights): Float64Array {
  const { weights, scales, intercepts } = task;
  const labels = intercepts.length;
  const scores = new Float64Array(labels);
  for (let i = 0; i < columns.length; i++) {
    const value = values[i] as number;
    const at = (columns[i] as number) * labels;
    for (let l = 0; l < labels; l++) {
      scores[l] = (scores[l] as number) + value * (weights[at + l] as number);
    }
  }
  for (let l = 0; l < labels; l++) {
    scores[l] = (scores[l] as number) * (scales[l] as number) + (intercepts[l] as number);
  }
  return scores;
}

/** Softmax of the scores over the temperature: 0 to 1, together 1. */
export function confidencesOf(scores: Float64Array, temperature: number): Float64Array {
  const highest = Math.max(...scores);
  const confidences = new Float64Array(scores.length);
  let sum = 0;
  for (let l = 0; l < scores.length; l++) {
    const mass = Math.exp(((scores[l] as number) - highest) / temperature);
    confidences[l] = mass;
    sum += mass;
  }
  for (let l = 0; l < scores.length; l++) confidences[l] = (confidences[l] as number) / sum;
  return confidences;
}

/** Place of the highest; the first of equals. */
export function highestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}

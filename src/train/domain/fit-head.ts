import { classCount, type HeadWeights } from "../../classify/head-file.ts";
import { textColumns } from "../../classify/weighted-text.ts";
import { fitSoftmax, type SoftmaxWeights } from "./fit-softmax.ts";
import type { Prepared } from "./prepare.ts";

/** Chosen by cross-validation on the training split of each source; see report.md. */
export const settings = {
  classes: classCount,
  textColumns,
  epochs: 10,
  textRate: 0.5,
  vectorRate: 0.1,
  penalty: 1e-4,
} as const;

/** Fits the rows that `keep` names; all of them without it. */
export function fitRows(
  prepared: Prepared,
  seed: number,
  keep?: readonly number[],
): SoftmaxWeights {
  const rows = keep ?? prepared.samples.map((_, row) => row);
  const { width } = prepared.narrow;
  const vectors = new Float32Array(rows.length * width);
  rows.forEach((row, at) => {
    vectors.set(prepared.standard.subarray(row * width, (row + 1) * width), at * width);
  });
  return fitSoftmax(
    {
      text: rows.map((row) => prepared.text[row] ?? unknownRow()),
      vectors,
      width,
      labels: Uint8Array.from(rows, (row) => prepared.labels[row] as number),
      weights: Float32Array.from(rows, (row) => prepared.weights[row] as number),
    },
    { ...settings, seed },
  );
}

const unknownRow = (): never => {
  throw new Error("unreachable: rows are numbered by the samples");
};

export function logitsOf(weights: SoftmaxWeights, prepared: Prepared, row: number): Float64Array {
  const logits = Float64Array.from(weights.bias);
  const { columns, values } = prepared.text[row] ?? unknownRow();
  const { width } = prepared.narrow;
  const add = (table: Float32Array, at: number, value: number): void => {
    for (let c = 0; c < classCount; c++) {
      logits[c] = (logits[c] as number) + (table[at * classCount + c] as number) * value;
    }
  };
  columns.forEach((column, i) => {
    add(weights.text, column, values[i] as number);
  });
  for (let i = 0; i < width; i++) {
    add(weights.vector, i, prepared.standard[row * width + i] as number);
  }
  return logits;
}

export interface FittedHead {
  readonly weights: HeadWeights;
  readonly textScales: readonly number[];
  readonly bias: readonly number[];
}

/** To what is served: text weights in a byte, the standardising of the vector folded into its weights and the bias. */
export function packed(
  fitted: SoftmaxWeights,
  { narrow, mean, scale, rarity }: Prepared,
): FittedHead {
  const vector = new Float32Array(fitted.vector.length);
  const bias = Float64Array.from(fitted.bias);
  for (let at = 0; at < vector.length; at++) {
    const i = Math.floor(at / classCount);
    const c = at % classCount;
    const weight = (fitted.vector[at] as number) * (scale[i] as number);
    vector[at] = weight;
    bias[c] = (bias[c] as number) - weight * (mean[i] as number);
  }
  const scales = new Float64Array(classCount);
  fitted.text.forEach((weight, at) => {
    const c = at % classCount;
    scales[c] = Math.max(scales[c] as number, Math.abs(weight) / 127);
  });
  const text = Int8Array.from(fitted.text, (weight, at) =>
    Math.round(weight / (scales[at % classCount] || 1)),
  );
  return {
    weights: { text, rarity, vector: narrow.widen(vector, classCount) },
    textScales: [...scales],
    bias: [...bias],
  };
}

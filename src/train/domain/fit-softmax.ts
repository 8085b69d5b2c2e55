import { random, shuffled } from "../../math/random.ts";
import type { SparseRow } from "../../math/sparse-row.ts";

export interface FitData {
  readonly text: readonly SparseRow[];
  /** [rows][width], near zero mean and of moderate length. */
  readonly vectors: Float32Array;
  readonly width: number;
  readonly labels: Uint8Array;
  readonly weights: Float32Array;
}

export interface FitOptions {
  readonly textColumns: number;
  readonly classes: number;
  readonly epochs: number;
  readonly textRate: number;
  readonly vectorRate: number;
  /** L2 penalty on the text weights that a row touches: a common n-gram is held back more often than a rare one. */
  readonly penalty: number;
  readonly seed: number;
}

export interface SoftmaxWeights {
  /** [textColumns][classes] */
  readonly text: Float32Array;
  /** [width][classes] */
  readonly vector: Float32Array;
  readonly bias: Float32Array;
}

/** Gradients below this change nothing that int8 weights can hold, and skipping them is most of the speed. */
const negligible = 1e-4;
/** Sum of squared gradients that AdaGrad starts with: the first steps are not larger than the rate times ten. */
const firstSquare = 1e-2;

/**
 * Multinomial logistic regression on text and vector together: one row a step, AdaGrad, a rate that falls to zero.
 * Rare n-grams move far when they come, common ones little, which suits texts of few words. Deterministic.
 */
export function fitSoftmax(data: FitData, options: FitOptions): SoftmaxWeights {
  const { classes, epochs } = options;
  const { width } = data;
  const text = stepper(options.textColumns, classes);
  const vector = stepper(width, classes);
  const bias = stepper(1, classes);
  const logits = new Float64Array(classes);
  const next = random(options.seed);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const remaining = 1 - epoch / epochs;
    for (const row of shuffled(data.text.length, next)) visit(row, remaining);
  }
  return { text: text.weights, vector: vector.weights, bias: bias.weights };

  function visit(row: number, remaining: number): void {
    const { columns, values } = data.text[row] as SparseRow;
    logits.set(bias.weights);
    for (let i = 0; i < columns.length; i++) {
      text.addTo(logits, columns[i] as number, values[i] as number);
    }
    const from = row * width;
    for (let i = 0; i < width; i++) vector.addTo(logits, i, data.vectors[from + i] as number);

    const touched = gradient(logits, data.labels[row] as number, data.weights[row] as number);

    const textRate = options.textRate * remaining;
    for (let i = 0; i < columns.length; i++) {
      text.step(
        touched,
        logits,
        columns[i] as number,
        values[i] as number,
        textRate,
        options.penalty,
      );
    }
    const vectorRate = options.vectorRate * remaining;
    for (let i = 0; i < width; i++) {
      vector.step(touched, logits, i, data.vectors[from + i] as number, vectorRate, 0);
    }
    bias.step(touched, logits, 0, 1, vectorRate, 0);
  }
}

/** Turns logits into the gradient of the weighted loss, in place; gives the classes where it matters. */
function gradient(logits: Float64Array, label: number, weight: number): number[] {
  const highest = Math.max(...logits);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) {
    logits[c] = Math.exp((logits[c] as number) - highest);
    sum += logits[c] as number;
  }
  const touched: number[] = [];
  for (let c = 0; c < logits.length; c++) {
    logits[c] = weight * ((logits[c] as number) / sum - (c === label ? 1 : 0));
    if (Math.abs(logits[c] as number) > negligible) touched.push(c);
  }
  return touched;
}

/** Weights of [rows][classes] with AdaGrad's memory of their gradients. */
function stepper(rows: number, classes: number) {
  const weights = new Float32Array(rows * classes);
  const squares = new Float32Array(rows * classes).fill(firstSquare);

  function addTo(logits: Float64Array, row: number, value: number): void {
    const from = row * classes;
    for (let c = 0; c < classes; c++) {
      logits[c] = (logits[c] as number) + (weights[from + c] as number) * value;
    }
  }

  function step(
    touched: readonly number[],
    gradients: Float64Array,
    row: number,
    value: number,
    rate: number,
    penalty: number,
  ): void {
    for (let i = 0; i < touched.length; i++) {
      const c = touched[i] as number;
      const at = row * classes + c;
      const slope = (gradients[c] as number) * value + penalty * (weights[at] as number);
      squares[at] = (squares[at] as number) + slope * slope;
      weights[at] = (weights[at] as number) - (rate * slope) / Math.sqrt(squares[at] as number);
    }
  }

  return { weights, addTo, step };
}

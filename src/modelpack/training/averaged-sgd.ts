import { random, shuffled } from "../../math/random.ts";

/** Rows of one task: compressed sparse rows. */
export interface SparseRows {
  /** [rows + 1]: row r has the entries `starts[r]` to `starts[r + 1] - 1`. */
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
  readonly labels: Uint8Array;
}

export interface SgdSettings {
  /** Width of a row. */
  readonly columns: number;
  readonly classes: number;
  /** L2 penalty, above 0. */
  readonly alpha: number;
  /** Of a class's own rows, against 1 of the others': [classes] */
  readonly classWeights: Float64Array;
  /** Passes that the mean leaves out: the first one takes large steps far from where they end. */
  readonly unaveraged: number;
  /** Order of the rows in every pass; without it the order of the file. */
  readonly seed?: number;
}

/** One linear model a class over the same rows: the score of class c is `weights[column][c] * value` summed, plus its intercept. */
export interface LinearModel {
  /** [columns][classes] */
  readonly weights: Float32Array;
  readonly intercepts: Float64Array;
}

/** After a pass over all rows. */
export interface Epoch {
  /** 1 for the first. */
  readonly epoch: number;
  /** Mean logistic loss a row and class during this pass, of the weights as they were then. */
  readonly loss: number;
  /** The mean of the weights after every step that is averaged; while there are none, of those of this pass. */
  averaged(): LinearModel;
}

/** Sparse rows move the intercept at every step and a weight seldom, so it takes smaller steps (as scikit-learn's). */
const interceptDecay = 0.01;

/**
 * One-against-rest logistic regression by averaged stochastic gradient descent, with the schedule and the updates of
 * scikit-learn's SGDClassifier(loss="log_loss", learning_rate="optimal", average=True): the rate falls with every step
 * of every pass (Bottou, "Large-scale machine learning with stochastic gradient descent", 2010; averaging after Xu,
 * "Towards optimal one pass large scale learning with averaged stochastic gradient descent", 2011).
 *
 * Weights are scale * v. Their mean over T steps is (v * S - z) / T, S being the sum of all scales and z that of every
 * change of v times the scales before it: so a step touches only the columns of its row.
 */
export function* averagedSgd(rows: SparseRows, settings: SgdSettings): Generator<Epoch, never> {
  const { columns, classes, alpha, classWeights } = settings;
  const { starts, values, labels } = rows;
  const count = starts.length - 1;
  const v = new Float64Array(columns * classes);
  const z = new Float64Array(columns * classes);
  const intercepts = new Float64Array(classes);
  const interceptSums = new Float64Array(classes);
  const scores = new Float64Array(classes);
  const inOrder = Uint32Array.from({ length: count }, (_, row) => row);
  const next = settings.seed === undefined ? undefined : random(settings.seed);
  // Bottou's heuristic: the first steps are as large as typical weights.
  const typical = Math.sqrt(1 / Math.sqrt(alpha));
  const firstStep = 1 / (typical * alpha);
  let steps = 0;
  let averagedSteps = 0;
  let scale = 1;
  let scaleSum = 0;

  for (let epoch = 1; ; epoch++) {
    let loss = 0;
    if (epoch <= settings.unaveraged + 1) forgetMean();
    for (const row of next ? shuffled(count, next) : inOrder) loss += visit(row);
    yield { epoch, loss: loss / Math.max(1, count * classes), averaged };
  }

  function visit(row: number): number {
    const [from, to] = [starts[row] as number, starts[row + 1] as number];
    scores.fill(0);
    for (let i = from; i < to; i++) {
      const at = (rows.columns[i] as number) * classes;
      const value = values[i] as number;
      for (let c = 0; c < classes; c++) {
        scores[c] = (scores[c] as number) + value * (v[at + c] as number);
      }
    }
    const rate = 1 / (alpha * (firstStep + steps));
    const label = labels[row] as number;
    let loss = 0;
    // Scores become what is added along the row.
    for (let c = 0; c < classes; c++) {
      const margin =
        (scale * (scores[c] as number) + (intercepts[c] as number)) * (c === label ? 1 : -1);
      loss += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
      const towards = 1 / (1 + Math.exp(margin));
      scores[c] = rate * (c === label ? towards * (classWeights[c] as number) : -towards);
    }
    const before = scaleSum;
    scale *= Math.max(0, 1 - rate * alpha);
    for (let c = 0; c < classes; c++) {
      intercepts[c] = (intercepts[c] as number) + (scores[c] as number) * interceptDecay;
      interceptSums[c] = (interceptSums[c] as number) + (intercepts[c] as number);
      scores[c] = (scores[c] as number) / scale;
    }
    for (let i = from; i < to; i++) {
      const at = (rows.columns[i] as number) * classes;
      const value = values[i] as number;
      for (let c = 0; c < classes; c++) {
        const change = (scores[c] as number) * value;
        v[at + c] = (v[at + c] as number) + change;
        z[at + c] = (z[at + c] as number) + change * before;
      }
    }
    scaleSum += scale;
    steps++;
    averagedSteps++;
    return loss;
  }

  function forgetMean(): void {
    z.fill(0);
    interceptSums.fill(0);
    scaleSum = 0;
    averagedSteps = 0;
  }

  function averaged(): LinearModel {
    const weights = new Float32Array(v.length);
    for (let at = 0; at < v.length; at++) {
      weights[at] = ((v[at] as number) * scaleSum - (z[at] as number)) / averagedSteps;
    }
    return { weights, intercepts: interceptSums.map((sum) => sum / averagedSteps) };
  }
}

/** "balanced": rows / (classes * rows of the class), of the classes that occur; 0 of the others. */
export function balancedWeights(labels: Uint8Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
}

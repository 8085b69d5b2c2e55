import {
  accuracyOf,
  confusionOf,
  figuresOfLabels,
  macroF1,
  type Verdict,
} from "../../math/classification.ts";
import { goldenSection } from "../../math/golden-section.ts";
import type { SparseRow } from "../../math/sparse-row.ts";
import { packed } from "../model/quantise.ts";
import { confidencesOf, highestOf, scoresOf } from "../model/scores.ts";
import { averagedSgd, balancedWeights, type Epoch, type LinearModel } from "./averaged-sgd.ts";
import type { TrainSettings } from "./settings.ts";
import type { Slice } from "./slice.ts";
import { stacked } from "./stacked-rows.ts";

/** One pass over the rows of a task. */
export interface EpochFigures {
  readonly epoch: number;
  readonly train_loss: number;
  /** Of the averaged model, on the rows of the fit, 2,000 at most. */
  readonly train_accuracy: number;
  readonly train_macro_f1: number;
  readonly train_weighted_f1: number;
  /** Of the rows that are held from the fit; null without such rows. */
  readonly held_loss: number | null;
  readonly held_accuracy: number | null;
  readonly held_macro_f1: number | null;
}

export interface TaskRows {
  readonly rows: readonly SparseRow[];
  /** Numbers of `labels`. */
  readonly labels: Uint8Array;
  readonly names: readonly string[];
  readonly columns: number;
}

export interface FittedTask {
  readonly model: LinearModel;
  /** 1 when there were too few rows to calibrate on. */
  readonly temperature: number;
  readonly calibrated: boolean;
  /** Passes of the final fit. */
  readonly bestEpoch: number;
  readonly epochs: readonly EpochFigures[];
}

/** Enough to see a trend. */
const mostScored = 2000;
/** A smaller gain of the held rows' loss counts as none. */
const leastGain = 1e-3;
/** The mean leaves out the first pass: so 9 passes are worth 20 (cross-validation on MMLU-Pro's training questions). */
const unaveraged = 1;

/**
 * Fits on the rows of the slice until the loss of the held ones has not fallen for `patience` passes, takes from them
 * the number of passes and the temperature, and fits all rows again for as many. Without a slice all rows are fitted for
 * `maxIter` passes and confidences stay as they are.
 */
export function fitTask(
  task: TaskRows,
  slice: Slice | undefined,
  settings: TrainSettings,
  onEpoch: (figures: EpochFigures) => void,
): FittedTask {
  const epochs: EpochFigures[] = [];
  const everyRow = task.rows.map((_, row) => row);
  const scored = (slice?.fit ?? everyRow).slice(0, mostScored);
  let best:
    | { readonly epoch: number; readonly loss: number; readonly temperature: number }
    | undefined;
  let last: Epoch | undefined;
  for (const pass of passesOver(task, slice?.fit ?? everyRow, settings)) {
    const model = pass.averaged();
    const train = judged(task, scored, model, 1);
    const held = slice && calibrated(task, slice.held, model);
    const figures = {
      epoch: pass.epoch,
      train_loss: pass.loss,
      train_accuracy: accuracyOf(train),
      ...trainFigures(train, task.names),
      held_loss: held?.loss ?? null,
      held_accuracy: held ? accuracyOf(held.verdicts) : null,
      held_macro_f1: held ? macroF1(figuresOfLabels(confusionOf(held.verdicts, task.names))) : null,
    };
    epochs.push(figures);
    onEpoch(figures);
    last = pass;
    if (held && (!best || held.loss < best.loss - leastGain)) best = { epoch: pass.epoch, ...held };
    if (pass.epoch >= settings.maxIter || (best && pass.epoch - best.epoch >= settings.patience))
      break;
  }
  if (!last) throw new Error("unreachable: there is at least one pass");
  if (!slice || !best) {
    return {
      model: last.averaged(),
      temperature: 1,
      calibrated: false,
      bestEpoch: last.epoch,
      epochs,
    };
  }
  const { epoch: bestEpoch, temperature } = best;
  for (const pass of passesOver(task, everyRow, settings)) {
    last = pass;
    if (pass.epoch >= bestEpoch) break;
  }
  return { model: last.averaged(), temperature, calibrated: true, bestEpoch, epochs };
}

function passesOver(task: TaskRows, rows: readonly number[], { alpha, seed }: TrainSettings) {
  const classes = task.names.length;
  const labels = Uint8Array.from(rows, (row) => task.labels[row] as number);
  return averagedSgd(
    stacked(
      rows.map((row) => task.rows[row] as SparseRow),
      labels,
    ),
    {
      columns: task.columns,
      classes,
      alpha,
      seed,
      unaveraged,
      classWeights: balancedWeights(labels, classes),
    },
  );
}

function judged(
  task: TaskRows,
  rows: readonly number[],
  model: LinearModel,
  temperature: number,
): readonly Verdict[] {
  const weights = packed(model, "float32");
  return rows.map((row) => {
    const confidences = confidencesOf(scoresOf(task.rows[row] as SparseRow, weights), temperature);
    return verdictOf(task, row, confidences);
  });
}

function verdictOf(task: TaskRows, row: number, confidences: Float64Array): Verdict {
  const predicted = highestOf(confidences);
  return {
    actual: task.names[task.labels[row] as number] as string,
    predicted: task.names[predicted] as string,
    confidence: confidences[predicted] as number,
  };
}

/** The temperature at which the mean negative log-likelihood of the held rows is lowest, and that loss. */
function calibrated(task: TaskRows, rows: readonly number[], model: LinearModel) {
  const weights = packed(model, "float32");
  const scores = rows.map((row) => scoresOf(task.rows[row] as SparseRow, weights));
  const lossAt = (temperature: number): number => {
    let sum = 0;
    rows.forEach((row, i) => {
      const confidences = confidencesOf(scores[i] as Float64Array, temperature);
      sum -= Math.log((confidences[task.labels[row] as number] as number) + 1e-12);
    });
    return sum / rows.length;
  };
  // By its logarithm, because half and twice are as far from 1.
  const temperature = Math.exp(goldenSection((log) => lossAt(Math.exp(log)), -3, 3, 0.01));
  const verdicts = rows.map((row, i) =>
    verdictOf(task, row, confidencesOf(scores[i] as Float64Array, temperature)),
  );
  return { temperature: Number(temperature.toFixed(4)), loss: lossAt(temperature), verdicts };
}

function trainFigures(verdicts: readonly Verdict[], names: readonly string[]) {
  const labels = figuresOfLabels(confusionOf(verdicts, names));
  const weighted = labels.reduce((sum, { f1, support }) => sum + f1 * support, 0);
  return {
    train_macro_f1: macroF1(labels),
    train_weighted_f1: weighted / Math.max(1, verdicts.length),
  };
}

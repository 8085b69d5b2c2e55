import { existsSync } from "node:fs";
import { join } from "node:path";
import { RouterError } from "../errors.ts";
import type { SparseRow } from "../math/sparse-row.ts";
import { type Family, families, findTask, type Task, taskNames } from "../tasks.ts";
import { type FamilyModel, openFamilyModel } from "./model/family-model.ts";
import { headerName } from "./model/header.ts";
import { cleanText, maxTextLength } from "./rows.ts";

export interface LabelConfidence {
  readonly label: string;
  /** Calibrated probability, 0 to 1; those of all labels of the task sum to 1. */
  readonly confidence: number;
}

export interface Prediction {
  readonly task: string;
  /** null when the most likely label is less likely than the threshold. */
  readonly label: string | null;
  /** Of the most likely label; 0 of a default. */
  readonly confidence: number;
  /** The most likely labels, best first; empty for a default. */
  readonly top: readonly LabelConfidence[];
  /** `default`: what is safe to do without an answer, because there is no model of the task or no text. */
  readonly source: "model" | "default";
}

export interface PredictOptions {
  /** Labels in `top`; 1 without it. */
  readonly topK?: number | undefined;
  /** 0 to 1; without it there is always a label. */
  readonly threshold?: number | undefined;
}

/** Answers about one text, or one pair of texts, which is read once for all tasks of a family. */
export type Reader = (task: string, options?: PredictOptions) => Prediction;

export interface ModelPack {
  /** Labels of every task that has a model, in the order of their confidences. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Of each family's model. */
  readonly revisions: Readonly<Partial<Record<Family, string>>>;
  /** What is missing, to be said once. */
  readonly notices: readonly string[];
  read(text: string): Reader;
  readPair(a: string, b: string): Reader;
  /** The same for one task. All throw RouterError `invalid_request` for a task that there is not, or of the other kind. */
  predict(task: string, text: string, options?: PredictOptions): Prediction;
  predictPair(task: string, a: string, b: string, options?: PredictOptions): Prediction;
}

/**
 * Loads what `modelpack train` wrote in a folder. A family without a model answers with safe defaults. Throws RouterError
 * `artifact_invalid` for a model that is damaged: a wrong answer would look like a right one.
 *
 *     const pack = openModelPack("models/pack");
 *     const { label, confidence } = pack.predict("query_domain", "Is my card charged twice?");
 */
export function openModelPack(folder: string): ModelPack {
  const models = new Map<Family, FamilyModel>();
  const notices: string[] = [];
  for (const family of families) {
    const path = join(folder, headerName(family));
    if (existsSync(path)) models.set(family, openFamilyModel(folder, family));
    else notices.push(`${path} does not exist: tasks of family ${family} answer with defaults`);
  }

  function reader(texts: readonly string[]): Reader {
    const rows = new Map<Family, SparseRow>();
    return (name, options = {}) => {
      const task = knownTask(name, texts.length);
      const model = models.get(task.family);
      const labels = model?.labels.get(name);
      if (!model || !labels || texts.includes("")) return defaultOf(task);
      let row = rows.get(task.family);
      if (!row) {
        row = model.rowOf(texts);
        rows.set(task.family, row);
      }
      return predictionOf(name, labels, model.confidences(name, row), options);
    };
  }
  const read = (text: string): Reader => reader([cleanText(text, maxTextLength.single)]);
  const readPair = (a: string, b: string): Reader =>
    reader([a, b].map((text) => cleanText(text, maxTextLength.pair)));

  return {
    labels: new Map([...models.values()].flatMap(({ labels }) => [...labels])),
    revisions: Object.fromEntries([...models].map(([family, { revision }]) => [family, revision])),
    notices,
    read,
    readPair,
    predict: (task, text, options) => read(text)(task, options),
    predictPair: (task, a, b, options) => readPair(a, b)(task, options),
  };
}

function knownTask(name: string, texts: number): Task {
  const task = findTask(name);
  if (!task) {
    throw new RouterError(
      "invalid_request",
      "there is no such task",
      `Use one of ${taskNames.join(", ")}`,
    );
  }
  const wanted = task.family === "pair" ? 2 : 1;
  if (texts === wanted) return task;
  throw new RouterError(
    "invalid_request",
    `task ${name} takes ${wanted === 2 ? "two texts" : "one text"}`,
    wanted === 2 ? "Send text_a and text_b" : "Send text",
  );
}

const defaultOf = ({ name, fallback }: Task): Prediction => ({
  task: name,
  label: fallback,
  confidence: 0,
  top: [],
  source: "default",
});

function predictionOf(
  task: string,
  labels: readonly string[],
  confidences: Float64Array,
  { topK = 1, threshold = 0 }: PredictOptions,
): Prediction {
  const ranked = labels.map((label, i) => ({ label, confidence: confidences[i] as number }));
  ranked.sort((a, b) => b.confidence - a.confidence);
  const [best] = ranked;
  if (!best) throw new Error("unreachable: a task has labels");
  return {
    task,
    label: best.confidence >= threshold ? best.label : null,
    confidence: best.confidence,
    top: ranked.slice(0, Math.max(1, topK)),
    source: "model",
  };
}

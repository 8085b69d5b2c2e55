import { RouterError } from "../errors.ts";
import { findTask } from "../tasks.ts";
import type { ModelPack, Prediction, PredictOptions } from "./open-model-pack.ts";

export interface Answered {
  readonly results: readonly Prediction[];
}

/** So many tasks there are, with room for names that are given twice. */
const maxTasks = 64;

/**
 * Answers one request: `{"text"}` or `{"text_a", "text_b"}`, with `"task"` or `"tasks"`, `"top_k"` and `"threshold"`.
 * Without a task every one that has a model and takes so many texts is asked. Throws RouterError `invalid_request`.
 */
export function answerOf(
  pack: ModelPack,
  body: Readonly<Record<string, unknown>>,
  defaults: PredictOptions = {},
): Answered {
  const { text, text_a: a, text_b: b } = body;
  const options = {
    topK: positive(body["top_k"], "top_k") ?? defaults.topK,
    threshold: fraction(body["threshold"]) ?? defaults.threshold,
  };
  const isPair = typeof a === "string" && typeof b === "string";
  if (!isPair && typeof text !== "string") {
    throw invalid("neither text nor both of text_a and text_b are strings");
  }
  const read = isPair ? pack.readPair(a, b) : pack.read(text as string);
  const tasks = tasksOf(body) ?? everyTask(pack, isPair);
  return { results: tasks.map((task) => read(task, options)) };
}

function tasksOf({
  task,
  tasks,
}: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const given = task === undefined ? tasks : [task];
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.some((one) => typeof one !== "string")) {
    throw invalid("task must be a string, or tasks an array of strings");
  }
  if (given.length > maxTasks) throw invalid(`tasks may hold ${maxTasks} at most`);
  return given;
}

const everyTask = (pack: ModelPack, isPair: boolean): readonly string[] =>
  [...pack.labels.keys()].filter((name) => (findTask(name)?.family === "pair") === isPair);

function positive(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalid(`${name} must be a whole number above 0`);
}

function fraction(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw invalid("threshold must be a number from 0 to 1");
}

const invalid = (detail: string): RouterError =>
  new RouterError("invalid_request", detail, 'Send {"task": ..., "text": ...}');

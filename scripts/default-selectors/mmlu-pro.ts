import { readLines } from "../../src/train/lines.ts";

/** A question of MMLU-Pro, and which models answered it rightly. */
export interface Question {
  readonly query: string;
  readonly category: string;
  readonly split: string;
  /** 1 or 0 by model; null where the published results lack it. */
  readonly correct: ReadonlyMap<string, number | null>;
}

export async function readMmluPro(path: string): Promise<readonly Question[]> {
  const questions: Question[] = [];
  let models: readonly string[] = [];
  for await (const line of readLines(path)) {
    const fields = JSON.parse(line);
    if (fields._header) {
      models = fields.models;
      continue;
    }
    questions.push({
      query: fields.question,
      category: fields.category,
      split: fields.split,
      correct: new Map(models.map((model, at) => [model, fields.correct[at]])),
    });
  }
  return questions;
}

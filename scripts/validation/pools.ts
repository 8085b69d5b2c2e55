import { join } from "node:path";
import { writeAtomic } from "../../src/files/write-atomic.ts";
import { readLines } from "../../src/train/lines.ts";
import { type Question, readMmluPro } from "../default-selectors/mmlu-pro.ts";

/** Models and the questions that they answered, in the fields of a benchmark's records. */
export interface Pool {
  readonly name: string;
  /** Empty: whichever the file's records name. */
  readonly models: readonly string[];
  /** The file of the data set, and what it is. */
  readonly file: string;
  readonly source: string;
  /** Weak and strong model, where the pool is a pair. */
  readonly pair?: readonly [string, string];
}

const closeInStrength = [
  "Yi-34B",
  "mathstral-7B",
  "Phi-3-mini-4k-instruct",
  "Mixtral-8x7B-Instruct-v0.1",
];
const mmluPro = {
  file: "mmlupro_records.jsonl.gz",
  source: "TIGER-AI-Lab/MMLU-Pro eval_results @ f418b116, Apache-2.0",
};
const pair = ["mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"] as const;
const routeLlm = { models: pair, pair, source: "lm-sys/RouteLLM @ 0b64fdaf, Apache-2.0" };

export const pools: readonly Pool[] = [
  { ...mmluPro, name: "R4", models: closeInStrength },
  {
    ...mmluPro,
    name: "R6",
    models: [...closeInStrength, "Llama-3.1-8B-Instruct", "c4ai-command-r-v01"],
  },
  {
    ...mmluPro,
    name: "P5",
    models: [
      "jamba-1.5-large",
      "Qwen1.5-72B-Chat",
      "Llama-3.1-8B-Instruct",
      "mathstral-7B",
      "Mixtral-8x7B-Instruct-v0.1",
    ],
  },
  {
    ...mmluPro,
    name: "P6",
    models: [
      "gemini-1.5-pro-002",
      "gemini-1.5-flash-002",
      "Llama-3.1-70B-Instruct",
      "jamba-1.5-large",
      "Llama-3.1-8B-Instruct",
      "mathstral-7B",
    ],
  },
  { ...routeLlm, name: "RouteLLM-MMLU", file: "routellm_mmlu.jsonl.gz" },
  { ...routeLlm, name: "RouteLLM-GSM8K", file: "routellm_gsm8k.jsonl.gz" },
  {
    name: "LLMDrift",
    models: [],
    file: "latency_llmdrift.jsonl.gz",
    source: "lchen001/LLMDrift generation @ 4938eb72, Apache-2.0",
  },
];

/**
 * Writes `train.jsonl` and `test.jsonl`, the data set's own split, into `folder`. These are texts of others: the folder
 * must be one that is never committed.
 */
export async function writeRecords(pool: Pool, data: string, folder: string): Promise<void> {
  const path = join(data, pool.file);
  if (pool.models.length === 0) return copyRecords(path, folder);
  const questions = pool.pair ? await readPair(path, pool.pair) : await readMmluPro(path);
  for (const split of ["train", "test"]) {
    const lines = questions
      .filter((question) => question.split === split)
      .flatMap(({ query, category, correct }) =>
        pool.models.flatMap((model) => {
          const performance = correct.get(model);
          if (typeof performance !== "number") return [];
          return [`${JSON.stringify({ query, category, model_name: model, performance })}\n`];
        }),
      );
    await writeAtomic(join(folder, `${split}.jsonl`), lines.join(""));
  }
}

/** RouteLLM's answers; it marks questions that were in its own training data, which are left out. */
async function readPair(
  path: string,
  [weak, strong]: readonly [string, string],
): Promise<readonly Question[]> {
  const questions: Question[] = [];
  for await (const line of readLines(path)) {
    const fields = JSON.parse(line);
    if (fields._header || fields.contaminated) continue;
    const correct = new Map<string, number | null>([
      [weak, fields.weak],
      [strong, fields.strong],
    ]);
    const { query, category, split } = fields;
    questions.push({ query, category, split, correct });
  }
  return questions;
}

/** Records that are a benchmark's already, with latency and cost. Ungraded answers are left out. */
async function copyRecords(path: string, folder: string): Promise<void> {
  const parts: Record<string, string[]> = { train: [], test: [] };
  for await (const line of readLines(path)) {
    const { query, category, model_name, performance, response_time, cost_usd, split } =
      JSON.parse(line);
    if (typeof performance !== "number") continue;
    const record = { query, category, model_name, performance, response_time, cost_usd };
    parts[split]?.push(`${JSON.stringify(record)}\n`);
  }
  for (const [split, lines] of Object.entries(parts)) {
    await writeAtomic(join(folder, `${split}.jsonl`), lines.join(""));
  }
}

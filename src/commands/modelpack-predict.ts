import type { Command } from "commander";
import { RouterError } from "../errors.ts";
import {
  type ModelPack,
  openModelPack,
  type PredictOptions,
} from "../modelpack/open-model-pack.ts";
import { type Answered, answerOf } from "../modelpack/predict-request.ts";
import { share, whole } from "./number-options.ts";
import { lines, print } from "./text-lines.ts";

interface Options {
  readonly modelsDir: string;
  readonly task?: readonly string[];
  readonly text?: string;
  readonly textA?: string;
  readonly textB?: string;
  readonly input?: string;
  readonly topK?: number;
  readonly threshold?: number;
}

export function registerPredict(pack: Command): void {
  pack
    .command("predict")
    .description("Label a text, a pair of texts, or the lines of a file; a line of JSON each")
    .requiredOption("--models-dir <folder>", "what modelpack train wrote")
    .option("--task <names...>", "what to ask; without it every task that has a model")
    .option("--text <text>", "one text")
    .option("--text-a <text>", "the first of a pair")
    .option("--text-b <text>", "the second of a pair")
    .option(
      "--input <file>",
      'lines of {"text"} or {"text_a", "text_b"}, with {"task"} or {"tasks"} of their own; - is standard input',
    )
    .option("--top-k <number>", "labels that are told, best first", whole)
    .option("--threshold <share>", "a less likely label is null", share)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { text, textA, textB, input, task: tasks } = options;
  const pack = openModelPack(options.modelsDir);
  for (const notice of pack.notices) process.stderr.write(`notice: ${notice}\n`);
  const asked: PredictOptions = { topK: options.topK, threshold: options.threshold };
  if (input !== undefined) {
    for await (const line of lines(input)) {
      if (line.trim() === "") continue;
      await print(JSON.stringify(answered(pack, line, tasks, asked)));
    }
    return;
  }
  const texts = text !== undefined ? { text } : { text_a: textA, text_b: textB };
  const { results } = answerOf(pack, { ...texts, ...(tasks && { tasks }) }, asked);
  for (const result of results) await print(JSON.stringify(result));
}

/** What is wrong with a line stands on its line: the others still have their answers. */
function answered(
  pack: ModelPack,
  line: string,
  tasks: readonly string[] | undefined,
  options: PredictOptions,
): Answered | { readonly error: object } {
  try {
    const body: unknown = JSON.parse(line);
    const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
    return answerOf(pack, isObject ? { ...(tasks && { tasks }), ...body } : {}, options);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      return {
        error: {
          code: "malformed_json",
          message: "the line is not JSON",
          remedy: "Write an object",
        },
      };
    }
    const { code, detail, remedy } = RouterError.from(thrown);
    return { error: { code, message: detail, remedy } };
  }
}

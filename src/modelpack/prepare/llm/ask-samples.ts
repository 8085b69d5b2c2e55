import type { Task } from "../../../tasks.ts";
import type { Seed } from "../seed-pools.ts";
import { glosses } from "./glosses.ts";

export interface SampleRequest {
  readonly task: Task;
  readonly label: string;
  readonly count: number;
  readonly seed: Seed | undefined;
  readonly model: string;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** Servers that do not know it refuse. */
  readonly jsonMode: boolean;
}

/** The body of a chat completion that asks for samples of one label, as JSON. */
export function sampleRequest(request: SampleRequest): string {
  return JSON.stringify({
    model: request.model,
    messages: [
      { role: "system", content: system },
      { role: "user", content: prompt(request) },
    ],
    temperature: request.temperature,
    top_p: request.topP,
    max_tokens: request.maxTokens,
    stream: false,
    ...(request.jsonMode && { response_format: { type: "json_object" } }),
  });
}

const system =
  "You write varied, realistic example texts for training a text classifier. You answer with one JSON object and nothing else.";

function prompt({ task, label, count, seed }: SampleRequest): string {
  const pair = task.family === "pair";
  const gloss = glosses[task.name];
  const meaning = gloss?.labels[label];
  const others = task.labels.filter((one) => one !== label);
  const form = pair
    ? '{"samples": [{"text_a": "...", "text_b": "..."}]}'
    : '{"samples": [{"text": "..."}]}';
  return [
    `Task: ${task.name}${gloss ? ` (${gloss.task})` : ""}.`,
    `Label: ${label}${meaning ? `, that is: ${meaning}` : ""}.`,
    `The other labels are ${others.join(", ")}; none of them may fit.`,
    `Write ${count} different ${pair ? "pairs of texts" : "texts"} with this label: of one to three sentences, in various voices, lengths and subjects, as people really write. Do not name the label.`,
    ...(seed === undefined ? [] : [`Take the subject, not the words, from:\n${quoted(seed)}`]),
    `Answer as ${form}.`,
  ].join("\n\n");
}

/** What a data set holds is data: it may read like an instruction. */
const quoted = (seed: Seed): string =>
  seed.map((text) => JSON.stringify(text.slice(0, 500))).join("\n");

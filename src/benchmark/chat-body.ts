import type { Model } from "./models.ts";
import type { Query } from "./queries.ts";
import { metricOf } from "./score.ts";

/** Fewer tokens cut most functions short. */
const minCodeTokens = 256;

/** The JSON of a request: one user message, no system prompt. */
export function chatBody(
  { name, maxTokens, temperature }: Model,
  query: Query,
  { concise, stream }: { readonly concise: boolean; readonly stream: boolean },
): string {
  const code = metricOf(query) === "code_eval";
  return JSON.stringify({
    model: name,
    messages: [{ role: "user", content: concise ? concisePrompt(query) : query.text }],
    max_tokens: code ? Math.max(maxTokens, minCodeTokens) : maxTokens,
    temperature,
    ...(stream && { stream, stream_options: { include_usage: true } }),
  });
}

/** Asks for the bare answer, in the form that the metric reads. */
function concisePrompt(query: Query): string {
  const { text } = query;
  switch (metricOf(query)) {
    case "code_eval":
      return text;
    case "em_mc":
      return `Reply with the letter of the right choice and nothing else.\n\nQuestion: ${text}`;
    case "gsm8k":
    case "math":
      return `${text}\n\nReply with ONLY the final number or expression.`;
    default:
      return `${text}\n\nReply in one short sentence.`;
  }
}

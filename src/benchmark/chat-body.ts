import type { Model } from "./models.ts";
import type { Query } from "./queries.ts";
import { metricOf } from "./score.ts";

/** Fewer tokens cut most functions short. */
const minCodeTokens = 256;

/** The JSON of a request: one user message, no system prompt. A null in `extra_body` leaves a field out. */
export function chatBody(
  { name, maxTokens, temperature, extraBody = {} }: Model,
  query: Query,
  { concise, stream }: { readonly concise: boolean; readonly stream: boolean },
): string {
  const code = metricOf(query) === "code_eval";
  const limit = code ? Math.max(maxTokens, minCodeTokens) : maxTokens;
  const body = {
    model: name,
    messages: [{ role: "user", content: concise ? concisePrompt(query) : query.text }],
    // Servers refuse a request that holds both.
    ...(!("max_completion_tokens" in extraBody) && { max_tokens: limit }),
    temperature,
    ...(stream && { stream, stream_options: { include_usage: true } }),
    ...extraBody,
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)),
  );
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

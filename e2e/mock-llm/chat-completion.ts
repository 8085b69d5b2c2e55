export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A chat completion as OpenAI's API answers it; `more` joins its top level. */
export const chatAnswer = (
  model: string,
  text: string,
  usage: Usage = usageOf(text),
  more: object = {},
) => ({
  id: "chatcmpl-mock",
  object: "chat.completion",
  created: 0,
  model,
  choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
  usage: wireUsage(usage),
  ...more,
});

/**
 * The same as server-sent events: a chunk for each word, one that ends the choice, the usage, `[DONE]`. `more` joins
 * the first chunk.
 */
export function streamChunks(
  model: string,
  text: string,
  usage: Usage = usageOf(text),
  more: object = {},
): string[] {
  const chunk = (own: object) =>
    event({ id: "chatcmpl-mock", object: "chat.completion.chunk", created: 0, model, ...own });
  const choice = (delta: object, finish_reason: string | null = null, own: object = {}) =>
    chunk({ choices: [{ index: 0, delta, finish_reason }], ...own });
  return [
    choice({ role: "assistant", content: "" }, null, more),
    ...words(text).map((word) => choice({ content: word })),
    choice({}, "stop"),
    chunk({ choices: [], usage: wireUsage(usage) }),
    "data: [DONE]\n\n",
  ];
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const words = (text: string): string[] => text.split(/(?<= )/);

/** A token is a word, and a prompt that nobody counted is one. */
export const usageOf = (text: string, prompt = "prompt"): Usage => ({
  promptTokens: words(prompt).length,
  completionTokens: words(text).length,
});

const wireUsage = ({ promptTokens, completionTokens }: Usage) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

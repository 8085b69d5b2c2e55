/** A chat completion as OpenAI's API answers it. */
export const chatAnswer = (model: string, text: string) => ({
  id: "chatcmpl-mock",
  object: "chat.completion",
  created: 0,
  model,
  choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
  usage: usage(text),
});

/** The same as server-sent events: a chunk for each word, one that ends the choice, the usage, `[DONE]`. */
export function streamChunks(model: string, text: string): string[] {
  const chunk = (more: object) =>
    event({ id: "chatcmpl-mock", object: "chat.completion.chunk", created: 0, model, ...more });
  const choice = (delta: object, finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta, finish_reason }] });
  return [
    choice({ role: "assistant", content: "" }),
    ...words(text).map((word) => choice({ content: word })),
    choice({}, "stop"),
    chunk({ choices: [], usage: usage(text) }),
    "data: [DONE]\n\n",
  ];
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const words = (text: string): string[] => text.split(/(?<= )/);

/** The mock reads nothing: the prompt counts as one token. */
function usage(text: string) {
  const completion_tokens = words(text).length;
  return { prompt_tokens: 1, completion_tokens, total_tokens: completion_tokens + 1 };
}

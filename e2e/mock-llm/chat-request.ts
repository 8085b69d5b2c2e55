/** What the mock reads of a chat-completion body. */
export interface ChatRequest {
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly messages?: readonly { readonly content?: unknown }[];
}

/** Undefined for what is no JSON object. */
export function parseChatRequest(body: Buffer): ChatRequest | undefined {
  try {
    const value = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The text of the last message. */
export function queryOf({ messages }: ChatRequest): string {
  return Array.isArray(messages) ? textOf(messages.at(-1)?.content) : "";
}

/** The text of all messages, which is what a prompt's tokens are counted on. */
export function promptOf({ messages }: ChatRequest): string {
  return Array.isArray(messages) ? messages.map((one) => textOf(one?.content)).join(" ") : "";
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content ?? "");
  return content.flatMap((part) => (typeof part?.text === "string" ? [part.text] : [])).join(" ");
}

import { ChatFault } from "./chat-fault.ts";

export interface Answer {
  readonly text: string;
  readonly finishReason?: string | undefined;
  /** As the server counts. */
  readonly promptTokens?: number | undefined;
  readonly completionTokens?: number | undefined;
}

interface Choice {
  readonly message?: { readonly content?: unknown } | null;
  readonly delta?: { readonly content?: unknown; readonly reasoning_content?: unknown } | null;
  readonly finish_reason?: unknown;
}

interface Completion {
  readonly choices?: readonly Choice[] | null;
  readonly usage?: {
    readonly prompt_tokens?: unknown;
    readonly completion_tokens?: unknown;
  } | null;
  readonly error?: unknown;
}

/** Of a chat completion. Throws ChatFault `invalid_answer`. */
export function parseAnswer(body: string): Answer {
  const completion = parse(body);
  const [choice] = completion.choices ?? [];
  if (!choice?.message) throw invalid("the answer has no choices[0].message");
  return {
    text: contentText(choice.message.content),
    ...reasonOf(choice),
    ...tokensOf(completion),
  };
}

/** Collects the events of a streamed completion. */
export function streamedAnswer() {
  let text = "";
  let ended = false;
  let found: Omit<Answer, "text"> = {};
  return {
    /** One `data:` payload. True when it brings a part of the text, thinking included. */
    add(data: string): boolean {
      if (data === "[DONE]") {
        ended = true;
        return false;
      }
      const completion = parse(data);
      if (completion.error) throw invalid("the stream holds an error", true);
      const [choice] = completion.choices ?? [];
      const piece = contentText(choice?.delta?.content);
      text += piece;
      found = { ...found, ...(choice && reasonOf(choice)), ...tokensOf(completion) };
      return piece !== "" || contentText(choice?.delta?.reasoning_content) !== "";
    },
    /** Throws ChatFault when the stream broke off. */
    end(): Answer {
      // Some servers end without [DONE], but none without a reason.
      if (!ended && found.finishReason === undefined) {
        throw new ChatFault("connection", "the stream broke off", { passing: true });
      }
      return { text, ...found };
    },
  };
}

function parse(json: string): Completion {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below, without what the server sent.
  }
  throw invalid("the answer is no JSON object");
}

/** A text, or a list of parts with one each; no content is an empty answer, as of a model that only thought. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}

const reasonOf = ({ finish_reason: reason }: Choice) =>
  typeof reason === "string" ? { finishReason: reason } : {};

function tokensOf({ usage }: Completion) {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage ?? {};
  return {
    ...(isCount(prompt) && { promptTokens: prompt }),
    ...(isCount(completion) && { completionTokens: completion }),
  };
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const invalid = (message: string, passing = false): ChatFault =>
  new ChatFault("invalid_answer", message, { passing });

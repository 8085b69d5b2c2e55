import { RouterError } from "../errors.ts";
import { locateModel } from "./locate-model.ts";
import { queryOf } from "./query.ts";
import { textChars } from "./text.ts";

/** What signalbox needs to know of a chat-completion body. The body itself is never re-serialised. */
export interface ChatRequest {
  /** As the client wrote it. */
  readonly model: string;
  /** Byte range in the body of the JSON string that is the value of `model`, quotes included. */
  readonly modelSpan: { readonly start: number; readonly end: number };
  /** Text to route on: the last human turn, with earlier ones before it when it is a bare follow-up; "" when none. */
  readonly query: string;
  readonly stream: boolean;
  /** Characters of text in all messages. */
  readonly promptChars: number;
}

// Fatal, so that bytes that are not UTF-8 are refused instead of quietly replaced.
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a chat-completion body. Throws RouterError `malformed_json`, or `invalid_request` naming the field.
 * One JSON parse and one scan for `model`; nothing is copied.
 */
export function parseChatRequest(body: Uint8Array): ChatRequest {
  const fields = parseObject(body);
  const { model, messages, stream } = fields;
  if (model === undefined) throw invalid("field model is missing", "Name a model, or auto");
  if (typeof model !== "string") {
    throw invalid(`field model must be a string, got ${typeName(model)}`, "Name a model, or auto");
  }
  assertHeaderValue(model);
  if (messages === undefined)
    throw invalid("field messages is missing", "Send an array of messages");
  if (!Array.isArray(messages)) {
    throw invalid(
      `field messages must be an array, got ${typeName(messages)}`,
      "Send an array of messages",
    );
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw invalid(`field stream must be a boolean, got ${typeName(stream)}`, "Send true or false");
  }
  const [modelSpan, ...repeated] = locateModel(asBuffer(body));
  // JSON lets readers differ on which of them counts: routing by one and answering by another must not be possible.
  if (!modelSpan || repeated.length > 0) {
    throw invalid("field model occurs more than once", "Send it once");
  }
  const promptChars = textChars(messages);
  return { model, modelSpan, query: queryOf(messages), stream: stream === true, promptChars };
}

/** Longer names exist nowhere, and every name goes into a header. */
const maxModelChars = 256;

/** Envoy answers 500 to a header with a control character, so such a name must not get that far. */
function assertHeaderValue(model: string): void {
  if (model.length > maxModelChars) {
    throw invalid(
      `field model has ${model.length} characters, ${maxModelChars} are allowed`,
      "Send the model's name",
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(model)) {
    throw invalid("field model holds a control character", "Send the model's name");
  }
}

/** What a body that Envoy cut off (BUFFERED_PARTIAL) still tells. */
export function parseTruncated(
  body: Uint8Array,
): Pick<ChatRequest, "model" | "modelSpan"> | undefined {
  const buffer = asBuffer(body);
  const [modelSpan] = locateModel(buffer);
  if (!modelSpan) return undefined;
  try {
    const model: unknown = JSON.parse(buffer.toString("utf8", modelSpan.start, modelSpan.end));
    if (typeof model !== "string") return undefined;
    assertHeaderValue(model);
    return { model, modelSpan };
  } catch {
    return undefined;
  }
}

const asBuffer = (body: Uint8Array): Buffer =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength);

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    // The parser's message quotes the body, which must not reach a log.
    throw new RouterError(
      "malformed_json",
      `the body of ${body.byteLength} bytes is not valid JSON in UTF-8`,
      "Send a JSON object",
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`the body must be a JSON object, got ${typeName(value)}`, "Send a JSON object");
  }
  return value as Record<string, unknown>;
}

const invalid = (detail: string, remedy: string): RouterError =>
  new RouterError("invalid_request", detail, remedy);

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

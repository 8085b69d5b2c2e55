import { Tokenizer } from "@huggingface/tokenizers";
import { cutMiddle, maxCharsRead } from "./cut-middle.ts";

export interface Tokens {
  /** Special tokens included. */
  readonly ids: readonly number[];
  /** The text was longer than the model reads; its head and tail were kept. */
  readonly truncated: boolean;
}

export type Tokenize = (text: string) => Tokens;

/**
 * From the JSON of `tokenizer.json` and `tokenizer_config.json`; `prefix` stands before every text, as a part of it.
 * Throws what @huggingface/tokenizers throws.
 */
export function openTokenizer(
  tokenizerJson: string,
  configJson: string,
  maxTokens: number,
  prefix = "",
): Tokenize {
  const definition: { normalizer?: { type?: string } | null } = JSON.parse(tokenizerJson);
  const tokenizer = new Tokenizer(definition, JSON.parse(configJson));
  const prepared = definition.normalizer?.type === "BertNormalizer" ? asRustBert : wellFormed;
  const content = (text: string): number[] =>
    tokenizer.encode(text, { add_special_tokens: false }).ids;

  const { before, after } = specialTokens(tokenizer.encode("a").ids, content("a"));
  const room = maxTokens - before.length - after.length;
  const maxChars = maxCharsRead(maxTokens);

  return (bare) => {
    const text = prefix + bare;
    const ids = content(prepared(cutMiddle(text, maxChars)));
    const kept = ids.length > room ? headAndTail(ids, room) : ids;
    return {
      ids: [...before, ...kept, ...after],
      truncated: text.length > maxChars || kept !== ids,
    };
  };
}

/** What the tokenizer puts around a text, seen by its doing so. */
function specialTokens(whole: readonly number[], content: readonly number[]) {
  const start = whole.findIndex((_, at) => content.every((id, i) => whole[at + i] === id));
  if (start < 0) throw new Error("its special tokens are not around the text");
  return { before: whole.slice(0, start), after: whole.slice(start + content.length) };
}

/** The beginning tells the subject and the end holds the question; what is between is the least missed. */
function headAndTail(ids: readonly number[], room: number): number[] {
  const head = Math.ceil(room / 2);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (room - head))];
}

/** Half a surrogate pair is no character; other languages' tokenizers never see one. */
const wellFormed = (text: string): string => text.toWellFormed();

/**
 * Where @huggingface/tokenizers 0.2.0 differs from the Rust tokenizers that models are trained with: it reads UTF-16
 * units, so ideographs beyond U+FFFF are not split, and lower-cases whole texts, so a capital sigma that ends a word
 * becomes a final one.
 */
function asRustBert(text: string): string {
  return wellFormed(text).replaceAll("Σ", "σ").replace(farIdeograph, " $& ");
}

/** The ranges beyond U+FFFF that the Rust tokenizers split; they leave out a part of extension E. */
const farIdeograph =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

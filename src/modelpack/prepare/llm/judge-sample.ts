import { likeness, type NearDuplicates } from "../near-duplicates.ts";
import type { Seed } from "../seed-pools.ts";
import type { Sample } from "./read-samples.ts";

/** Why a sample is not taken. */
export type Fault =
  | "too_short"
  | "template"
  | "refusal"
  | "label_named"
  | "seed_copy"
  | "same_texts"
  | "near_duplicate";

/** Two texts of which the shorter is this share of the longer's shingles say the same. */
const copy = 0.7;

/**
 * What is wrong with a sample that has been cleaned; undefined when it can be taken. `known` has the task's texts, so
 * that neither a near copy nor the same text under another label comes in.
 */
export function faultOf(
  sample: Sample,
  label: string,
  seed: Seed | undefined,
  known: NearDuplicates,
): Fault | undefined {
  const texts: readonly string[] = sample;
  if (texts.some((text) => letters(text) < fewestLetters)) return "too_short";
  if (texts.some((text) => template.test(text))) return "template";
  if (texts.some(isRefusal)) return "refusal";
  if (texts.some((text) => names(text, label))) return "label_named";
  if (seed && texts.some((text) => seed.some((one) => likeness(text, one) >= copy)))
    return "seed_copy";
  const [a = "", b] = texts;
  if (b !== undefined && likeness(a, b) >= nearlyOne) return "same_texts";
  return known.has(texts.join(separator)) ? "near_duplicate" : undefined;
}

/** Between the texts of a pair, where they are compared as one. */
export const separator = " / ";

const nearlyOne = 0.98;

/** Chinese and Japanese say with two what takes four Latin letters. */
const fewestLetters = 3;

const letters = (text: string): number => (text.match(/\p{L}/gu) ?? []).length;

/** What a prompt's form holds, copied. */
const template = /^(?:\.{2,}|text(?:_[ab])?|sample(?: text)?|example|string|<[^>]*>|\[[^\]]*\])$/i;

export const isRefusal = (text: string): boolean => refusal.test(text);

const refusal =
  /\b(?:as an ai\b|as a (?:large )?language model|i(?:'m| am) (?:sorry|unable)[^.]{0,40}\b(?:cannot|can't|unable|not able|assist|help)|i (?:cannot|can't|won't) (?:assist|help|fulfil|comply|provide|generate|create|write)|(?:against|violates?) (?:my|our|the) (?:guidelines|polic(?:y|ies)))/i;

/** A compound name such as `tool_query` is no word of a natural text. */
const names = (text: string, label: string): boolean =>
  label.includes("_") && text.toLowerCase().includes(label.toLowerCase());

/** Of 179 texts in many languages the middle one has 3.5 bytes a token: English 3.9, code 2.1. */
const bytesPerToken = 3.5;

/** Before and after a text. */
const specialTokens = 2;

/** About the tokens of `text`, in a thousandth of the time that counting them takes: that is left to the workers. */
export const estimatedTokens = (text: string, maxTokens: number): number =>
  Math.min(maxTokens, Math.ceil(Buffer.byteLength(text) / bytesPerToken) + specialTokens);

/** A run costs about as much as this many tokens, so a shorter text counts as much. */
const minTokens = 8;

/** Texts that differ by more are not padded to one length, so together one would wait for the other's run. */
const maxDifference = 16;

/** Of what waits; a queue of thousands, as training has, is not searched for each batch. */
const maxSearched = 256;

export interface BatchLimits {
  /** Tokens of the longest text times the number of texts. */
  readonly maxTokens: number;
  readonly maxTexts: number;
}

/**
 * The first of what waits, and those behind it that are about as long, as far as they fit in one run of the model. At
 * least one, when something waits. As every batch takes the first, a text that is passed over moves up with each.
 */
export function nextBatch<T extends { readonly tokens: number }>(
  waiting: Iterable<T>,
  { maxTokens, maxTexts }: BatchLimits,
): T[] {
  const batch: T[] = [];
  let [longest, searched] = [minTokens, 0];
  for (const entry of waiting) {
    const [first = entry] = batch;
    const width = Math.max(longest, entry.tokens);
    const alike = Math.abs(entry.tokens - first.tokens) <= maxDifference;
    const fits = batch.length === 0 || (alike && width * (batch.length + 1) <= maxTokens);
    if (fits) {
      batch.push(entry);
      longest = width;
    }
    const full = batch.length >= maxTexts || longest * (batch.length + 1) > maxTokens;
    if (full || ++searched === maxSearched) break;
  }
  return batch;
}

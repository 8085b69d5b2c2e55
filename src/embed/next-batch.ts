/** A run costs about as much as this many tokens, so a shorter text counts as much. */
const minTokens = 8;

/** Texts that differ by more are not padded to one length, so together one would wait for the other's run. */
const maxDifference = 16;

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
  let longest = minTokens;
  for (const entry of waiting) {
    const [first = entry] = batch;
    const width = Math.max(longest, entry.tokens);
    const alike = Math.abs(entry.tokens - first.tokens) <= maxDifference;
    const fits = batch.length === 0 || (alike && width * (batch.length + 1) <= maxTokens);
    if (fits) {
      batch.push(entry);
      longest = width;
    }
    if (batch.length >= maxTexts || longest * (batch.length + 1) > maxTokens) break;
  }
  return batch;
}

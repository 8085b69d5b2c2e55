/** About 128 tokens, beyond which a batch wins nothing. It also bounds what a short text waits for others: 3 ms. */
const maxBatchChars = 512;
const maxBatchTexts = 16;

/**
 * The first of what waits, as far as it fits in one call of the model; at least one, when something waits. A model that
 * reads one text at a time gets one, so that none waits for another's answer.
 */
export function nextBatch<T extends { readonly text: string }>(
  waiting: Iterable<T>,
  exactBatches: boolean,
): T[] {
  const batch: T[] = [];
  let chars = 0;
  for (const entry of waiting) {
    chars += entry.text.length;
    const full = batch.length === maxBatchTexts || chars > maxBatchChars || !exactBatches;
    if (batch.length > 0 && full) break;
    batch.push(entry);
  }
  return batch;
}

import { bucketsPerBlock, textFeatures } from "../../classify/text-features.ts";
import { rarityStep, textColumns } from "../../classify/weighted-text.ts";

/** The inverse document frequency of every bucket, ln((1 + texts) / (1 + texts with it)) + 1, in steps of a byte. */
export function rarityOf(texts: readonly string[]): Uint8Array {
  const documents = new Uint32Array(textColumns);
  for (const text of texts) {
    const { words, characters } = textFeatures(text);
    for (const bucket of words.buckets) (documents[bucket] as number)++;
    for (const bucket of characters.buckets) (documents[bucketsPerBlock + bucket] as number)++;
  }
  return Uint8Array.from(documents, (count) =>
    Math.min(255, Math.round((Math.log((1 + texts.length) / (1 + count)) + 1) * rarityStep)),
  );
}

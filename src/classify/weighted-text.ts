import { type SparseRow, toUnitLength } from "../math/sparse-row.ts";
import { type Block, bucketsPerBlock, textFeatures } from "./text-features.ts";

export const textColumns = 2 * bucketsPerBlock;

/** Rarity is kept in a byte a bucket; this many steps are one unit. */
export const rarityStep = 16;

/**
 * Word columns first, then character columns: log-damped counts times rarity, each block of length 1, so that a long
 * text weighs no more than a short one.
 */
export function weightedText(text: string, rarity: Uint8Array): SparseRow {
  const { words, characters } = textFeatures(text);
  const columns = new Uint32Array(words.buckets.length + characters.buckets.length);
  const values = new Float32Array(columns.length);
  fill(columns, values, 0, words, 0, rarity);
  fill(columns, values, words.buckets.length, characters, bucketsPerBlock, rarity);
  return { columns, values };
}

function fill(
  columns: Uint32Array,
  values: Float32Array,
  from: number,
  { buckets, counts }: Block,
  firstColumn: number,
  rarity: Uint8Array,
): void {
  for (let i = 0; i < buckets.length; i++) {
    const column = firstColumn + (buckets[i] as number);
    const value = ((1 + Math.log(counts[i] as number)) * (rarity[column] as number)) / rarityStep;
    columns[from + i] = column;
    values[from + i] = value;
  }
  toUnitLength(values, from, from + buckets.length);
}

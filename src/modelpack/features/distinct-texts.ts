import type { RowTexts } from "./read-texts.ts";

/**
 * Each row with the texts that none before it had, case aside; rows with none are left out. So an n-gram of one text, or
 * of one pair, is counted once, in however many rows and tasks it stands: rarity is of texts, and what one person wrote
 * does not come to be frequent by labels.
 */
export function distinctTexts(rows: RowTexts): RowTexts {
  const seen = new Set<string>();
  return rows
    .map((texts) =>
      texts.filter((text) => {
        const { size } = seen;
        return seen.add(text.toLowerCase()).size > size;
      }),
    )
    .filter((texts) => texts.length > 0);
}

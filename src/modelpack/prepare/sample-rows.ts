import { random } from "../../math/random.ts";

/**
 * At most `most` of the rows, each with the same chance, in their order; the same rows for the same seed (Vitter's
 * algorithm R). The first so many would be one or two classes of a file that is sorted by class.
 */
export async function sampleRows<Row>(
  rows: AsyncIterable<Row>,
  most: number,
  seed: number,
): Promise<{ readonly rows: readonly Row[]; readonly total: number }> {
  const next = random(seed);
  const kept: { readonly at: number; readonly row: Row }[] = [];
  let total = 0;
  for await (const row of rows) {
    const at = total++;
    if (kept.length < most) {
      kept.push({ at, row });
      continue;
    }
    const place = Math.floor(next() * total);
    if (place < most) kept[place] = { at, row };
  }
  return { rows: kept.sort((a, b) => a.at - b.at).map(({ row }) => row), total };
}

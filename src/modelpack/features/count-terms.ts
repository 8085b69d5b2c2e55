import type { Grams } from "./grams.ts";
import { slotOf } from "./vocabulary.ts";

/** A vocabulary with the rarity of each of its n-grams. */
export interface WeightedTerms {
  /** In the order of their numbers. */
  readonly terms: readonly string[];
  /** ln((1 + rows) / (1 + rows with it)) + 1 */
  readonly idf: Float32Array;
}

export interface TermLimits {
  /** Rows that must hold an n-gram. */
  readonly minDf: number;
  /** N-grams that are kept: the most frequent ones, of equals the first by their code points. */
  readonly maxFeatures: number;
}

/** Gives the n-grams of every row, a text at a time; two texts of one row have one number. Called twice. */
export type EachText = (
  visit: (row: number, grams: Grams, textAt: (gram: number) => string) => void,
) => void;

/** Counts once, chooses by the counts, and reads once more what the chosen ones say. */
export function countTerms(eachText: EachText, { minDf, maxFeatures }: TermLimits): WeightedTerms {
  const counts = new TermCounts();
  let rows = 0;
  eachText((row, grams) => {
    rows = Math.max(rows, row + 1);
    for (let i = 0; i < grams.count; i++) {
      counts.add(grams.first[i] as number, grams.second[i] as number, row);
    }
  });
  const least = leastOccurrences(counts, minDf, maxFeatures);
  const isChosen = (index: number): boolean =>
    (counts.rows[index] as number) >= minDf && (counts.occurrences[index] as number) >= least;
  const chosen: { readonly term: string; readonly index: number }[] = [];
  const read = new Uint8Array(counts.size);
  eachText((_row, grams, textAt) => {
    for (let i = 0; i < grams.count; i++) {
      const index = counts.find(grams.first[i] as number, grams.second[i] as number);
      if (read[index] === 1 || !isChosen(index)) continue;
      read[index] = 1;
      chosen.push({ term: textAt(i), index });
    }
  });
  chosen.sort((a, b) => (a.term < b.term ? -1 : 1));
  const kept = chosen.length <= maxFeatures ? chosen : mostFrequent(chosen, counts, maxFeatures);
  return {
    terms: kept.map(({ term }) => term),
    idf: Float32Array.from(
      kept,
      ({ index }) => Math.log((1 + rows) / (1 + (counts.rows[index] as number))) + 1,
    ),
  };
}

/** How often an n-gram must occur so that about `maxFeatures` of them remain; ties are left to `mostFrequent`. */
function leastOccurrences(counts: TermCounts, minDf: number, maxFeatures: number): number {
  const eligible = counts.occurrences
    .subarray(0, counts.size)
    .filter((_, index) => (counts.rows[index] as number) >= minDf);
  if (eligible.length <= maxFeatures) return 0;
  return eligible.sort()[eligible.length - maxFeatures] as number;
}

/** By number of occurrences; the order of the terms stays. */
function mostFrequent<T extends { readonly index: number }>(
  terms: readonly T[],
  { occurrences }: TermCounts,
  count: number,
): readonly T[] {
  const of = (at: number): number => occurrences[(terms[at] as T).index] as number;
  return terms
    .map((_, at) => at)
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((at) => terms[at] as T);
}

/** An open hash table that grows. Hashes of 0 and 0 would be an empty slot, so slots hold the number plus one. */
class TermCounts {
  size = 0;
  occurrences = new Uint32Array(1024);
  rows = new Uint32Array(1024);
  private lastRow = new Int32Array(1024).fill(-1);
  private firstHash = new Int32Array(1024);
  private secondHash = new Int32Array(1024);
  private slots = new Int32Array(4096);

  add(first: number, second: number, row: number): void {
    let index = this.find(first, second);
    if (index < 0) {
      if (this.size === this.rows.length) this.grow();
      index = this.size++;
      this.firstHash[index] = first;
      this.secondHash[index] = second;
      this.place(index);
    }
    this.occurrences[index] = (this.occurrences[index] as number) + 1;
    if (this.lastRow[index] === row) return;
    this.lastRow[index] = row;
    this.rows[index] = (this.rows[index] as number) + 1;
  }

  /** -1 for one that was never added. */
  find(first: number, second: number): number {
    const mask = this.slots.length - 1;
    for (let slot = slotOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (this.firstHash[index] === first && this.secondHash[index] === second) return index;
    }
  }

  private place(index: number): void {
    const mask = this.slots.length - 1;
    let slot = slotOf(this.firstHash[index] as number, this.secondHash[index] as number) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = index + 1;
  }

  private grow(): void {
    const capacity = this.rows.length * 2;
    this.occurrences = larger(this.occurrences, new Uint32Array(capacity));
    this.rows = larger(this.rows, new Uint32Array(capacity));
    this.lastRow = larger(this.lastRow, new Int32Array(capacity).fill(-1));
    this.firstHash = larger(this.firstHash, new Int32Array(capacity));
    this.secondHash = larger(this.secondHash, new Int32Array(capacity));
    this.slots = new Int32Array(capacity * 4);
    for (let index = 0; index < this.size; index++) this.place(index);
  }
}

function larger<T extends Uint32Array | Int32Array>(old: T, into: T): T {
  into.set(old);
  return into;
}

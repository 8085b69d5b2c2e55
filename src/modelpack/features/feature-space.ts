import type { SparseRow } from "../../math/sparse-row.ts";
import type { WeightedTerms } from "./count-terms.ts";
import { folded } from "./fold.ts";
import { characterGrams, type GramRange, Grams, wordGrams } from "./grams.ts";
import { pairFactNames, pairFacts } from "./pair-facts.ts";
import { damped, GramCounts, RowBuilder } from "./tfidf.ts";
import { vocabularyOf } from "./vocabulary.ts";

export interface GramSettings {
  readonly word: GramRange;
  readonly character: GramRange;
  /** Length of the words' part of a row; that of the characters' part is 1. Not for pairs. */
  readonly wordWeight: number;
}

/** A text as a sparse row. What it gives is valid for ever; calls must not overlap. */
export interface SingleSpace {
  readonly columns: number;
  rowOf(text: string): SparseRow;
}

/** Two texts as a sparse row, which is another when they change places. */
export interface PairSpace {
  readonly columns: number;
  rowOf(a: string, b: string): SparseRow;
}

/** Words, then characters. */
export function singleSpace(
  words: WeightedTerms,
  characters: WeightedTerms,
  { word, character, wordWeight }: GramSettings,
): SingleSpace {
  const grams = new Grams();
  const row = new RowBuilder();
  const parts = [
    { ...counted(words), first: 0, gramsOf: wordGrams, range: word, length: wordWeight },
    {
      ...counted(characters),
      first: words.terms.length,
      gramsOf: characterGrams,
      range: character,
      length: 1,
    },
  ];
  return {
    columns: words.terms.length + characters.terms.length,
    rowOf(text) {
      const codes = folded(text);
      for (const { counter, idf, first, gramsOf, range, length } of parts) {
        grams.clear();
        gramsOf(codes, range, grams);
        counter.count(grams);
        const from = row.count;
        for (const number of counter.seen) {
          const tf = damped(counter.counts[number] as number);
          row.add(first + number, tf * (idf[number] as number));
        }
        counter.clear();
        row.normalise(from, length);
      }
      return row.take();
    },
  };
}

/** Words of A alone, of B alone, of both, each part of length 1, and `pairFacts`. */
export function pairSpace(words: WeightedTerms, { word }: Pick<GramSettings, "word">): PairSpace {
  const grams = new Grams();
  const row = new RowBuilder();
  const { terms, idf } = words;
  const vocabulary = vocabularyOf(terms);
  const [inA, inB] = [new GramCounts(vocabulary), new GramCounts(vocabulary)];
  const size = terms.length;
  const isWord = Uint8Array.from(terms, (term) => (term.includes(" ") ? 0 : 1));

  function count(text: string, counter: GramCounts): void {
    grams.clear();
    wordGrams(folded(text), word, grams);
    counter.count(grams);
  }

  /** Adds a part of the row; tells how many single words there were. */
  function add(first: number, from: GramCounts, other: GramCounts, shared: boolean): number {
    const start = row.count;
    let found = 0;
    for (const number of from.seen) {
      if (other.counts[number] === 0 ? shared : !shared) continue;
      found += isWord[number] as number;
      const times = (from.counts[number] as number) + (other.counts[number] as number);
      row.add(first + number, damped(times) * (idf[number] as number));
    }
    row.normalise(start, 1);
    return found;
  }

  return {
    columns: 3 * size + pairFactNames.length,
    rowOf(a, b) {
      count(a, inA);
      count(b, inB);
      const onlyA = add(0, inA, inB, false);
      const onlyB = add(size, inB, inA, false);
      const shared = add(2 * size, inA, inB, true);
      inA.clear();
      inB.clear();
      pairFacts(a, b, { shared, onlyA, onlyB }).forEach((value, i) => {
        if (value !== 0) row.add(3 * size + i, value);
      });
      return row.take();
    },
  };
}

const counted = ({ terms, idf }: WeightedTerms) => ({
  counter: new GramCounts(vocabularyOf(terms)),
  idf,
});

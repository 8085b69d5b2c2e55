import type { EachText } from "./count-terms.ts";
import { folded } from "./fold.ts";
import {
  characterGrams,
  characterGramText,
  type GramRange,
  Grams,
  wordGrams,
  wordGramText,
} from "./grams.ts";

/** The texts of each row, cleaned: one of a single row, two of a pair. */
export type RowTexts = readonly (readonly string[])[];

export const eachWordGrams = (rows: RowTexts, range: GramRange): EachText =>
  eachGrams(rows, (codes, into) => wordGrams(codes, range, into), wordGramText);

export const eachCharacterGrams = (rows: RowTexts, range: GramRange): EachText =>
  eachGrams(rows, (codes, into) => characterGrams(codes, range, into), characterGramText);

function eachGrams(
  rows: RowTexts,
  gramsOf: (codes: Int32Array, into: Grams) => void,
  textOf: (codes: Int32Array, from: number, to: number) => string,
): EachText {
  return (visit) => {
    const grams = new Grams();
    rows.forEach((texts, row) => {
      for (const text of texts) {
        const codes = folded(text);
        grams.clear();
        gramsOf(codes, grams);
        visit(row, grams, (gram) =>
          textOf(codes, grams.from[gram] as number, grams.to[gram] as number),
        );
      }
    });
  };
}

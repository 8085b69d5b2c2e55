import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SparseRow } from "../math/sparse-row.ts";
import { countTerms } from "./features/count-terms.ts";
import { singleSpace } from "./features/feature-space.ts";
import { eachCharacterGrams, eachWordGrams } from "./features/read-texts.ts";
import { averagedSgd, balancedWeights } from "./training/averaged-sgd.ts";
import { complementNaiveBayes } from "./training/naive-bayes.ts";
import { stacked } from "./training/stacked-rows.ts";

interface Golden {
  readonly texts: readonly string[];
  readonly labels: readonly number[];
  readonly word: {
    readonly terms: readonly string[];
    readonly idf: readonly number[];
    readonly rows: readonly Readonly<Record<string, number>>[];
  };
  readonly word_unlimited: readonly string[];
  readonly character: {
    readonly terms: readonly string[];
    readonly idf: readonly number[];
    readonly rows: readonly {
      readonly count: number;
      readonly sum: number;
      readonly max: number;
    }[];
  };
  readonly fits: readonly {
    readonly alpha: number;
    readonly epochs: number;
    readonly balanced: boolean;
    readonly unaveraged: number;
    readonly decisions: readonly (readonly number[])[];
    readonly norm: number;
    readonly intercepts: readonly number[];
  }[];
  readonly naive_bayes: readonly (readonly number[])[];
}

/** Written by scripts/goldens/modelpack.py. */
const golden: Golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/scikit-learn.json"), "utf8"),
);
const { texts } = golden;
const ranges = { word: { min: 1, max: 2 }, character: { min: 3, max: 5 }, wordWeight: 1 };
const rows = texts.map((text) => [text]);
const words = (maxFeatures: number) =>
  countTerms(eachWordGrams(rows, ranges.word), { minDf: 2, maxFeatures });
const characters = countTerms(eachCharacterGrams(rows, ranges.character), {
  minDf: 2,
  maxFeatures: 4000,
});

const byCodePoints = (terms: readonly string[]) => terms.toSorted();

test("words of any script: the same vocabulary and rarity", () => {
  expect(words(4000).terms).toEqual(byCodePoints(golden.word_unlimited));
  const limited = words(30);
  expect(limited.terms).toHaveLength(30);
  // Which of equally frequent words are kept is theirs and ours to choose.
  limited.terms.forEach((term, i) => {
    const theirs = golden.word.terms.indexOf(term);
    if (theirs >= 0) expect(limited.idf[i]).toBeCloseTo(golden.word.idf[theirs] ?? Number.NaN, 6);
  });
});

test("characters within words: the same vocabulary and rarity", () => {
  expect(characters.terms).toEqual(byCodePoints(golden.character.terms));
  const theirs = new Map(golden.character.terms.map((term, i) => [term, golden.character.idf[i]]));
  characters.terms.forEach((term, i) => {
    expect(characters.idf[i]).toBeCloseTo(theirs.get(term) ?? Number.NaN, 6);
  });
});

test("every text is the same row", () => {
  const chosen = { terms: golden.word.terms, idf: Float32Array.from(golden.word.idf) };
  const space = singleSpace(chosen, characters, ranges);
  texts.forEach((text, at) => {
    const { columns, values } = space.rowOf(text);
    const entries = Array.from(columns, (column, i) => [column, values[i] as number] as const);
    const word = entries.filter(([column]) => column < chosen.terms.length);
    const want = golden.word.rows[at] ?? {};
    expect(word.map(([column]) => chosen.terms[column]).toSorted()).toEqual(
      Object.keys(want).toSorted(),
    );
    for (const [column, value] of word) {
      expect(value).toBeCloseTo(want[chosen.terms[column] ?? ""] ?? Number.NaN, 6);
    }
    const rest = entries.filter(([column]) => column >= chosen.terms.length);
    const { count, sum, max } = golden.character.rows[at] ?? { count: -1, sum: 0, max: 0 };
    expect(rest).toHaveLength(count);
    expect(rest.reduce((total, [, value]) => total + value, 0)).toBeCloseTo(sum, 4);
    expect(Math.max(0, ...rest.map(([, value]) => value))).toBeCloseTo(max, 6);
  });
});

test.each(golden.fits)(
  "the averaged model: alpha $alpha, $epochs passes, $unaveraged of them left out",
  (fit) => {
    const space = singleSpace(words(4000), characters, ranges);
    const data = stacked(
      texts.map((text) => space.rowOf(text)),
      Uint8Array.from(golden.labels),
    );
    const passes = averagedSgd(data, {
      columns: space.columns,
      classes: 4,
      alpha: fit.alpha,
      unaveraged: fit.unaveraged,
      classWeights: fit.balanced ? balancedWeights(data.labels, 4) : new Float64Array(4).fill(1),
    });
    let last = passes.next().value;
    while (last.epoch < fit.epochs) last = passes.next().value;
    const { weights, intercepts } = last.averaged();
    const scoreOf = ({ columns, values }: SparseRow, c: number): number =>
      columns.reduce(
        (sum, column, i) => sum + (values[i] as number) * (weights[column * 4 + c] as number),
        intercepts[c] as number,
      );
    texts.forEach((text, at) => {
      const row = space.rowOf(text);
      for (let c = 0; c < 4; c++) {
        const want = fit.decisions[at]?.[c] ?? Number.NaN;
        expect(Math.abs(scoreOf(row, c) - want)).toBeLessThan(1e-5 * Math.max(1, Math.abs(want)));
      }
    });
    expect(Math.hypot(...weights) / fit.norm).toBeCloseTo(1, 5);
    expect(Array.from(intercepts, (one, c) => one - (fit.intercepts[c] ?? 0))).toEqual(
      [0, 0, 0, 0].map(() => expect.closeTo(0, 6)),
    );
  },
);

test("complement naive Bayes", () => {
  const space = singleSpace(words(4000), characters, ranges);
  const rowsOf = texts.map((text) => space.rowOf(text));
  const data = stacked(rowsOf, Uint8Array.from(golden.labels));
  const weights = complementNaiveBayes(data, space.columns, 4);
  const centred = (scores: readonly number[]) => {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    return scores.map((score) => score - mean);
  };
  rowsOf.forEach(({ columns, values }, at) => {
    const scores = [0, 1, 2, 3].map((c) =>
      columns.reduce(
        (sum, column, i) => sum + (values[i] as number) * (weights[column * 4 + c] as number),
        0,
      ),
    );
    const want = centred(golden.naive_bayes[at] ?? []);
    expect(scores).toEqual(want.map((score) => expect.closeTo(score, 4)));
  });
});

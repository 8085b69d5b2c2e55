import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countTerms } from "./count-terms.ts";
import { distinctTexts } from "./distinct-texts.ts";
import { eachWordGrams } from "./read-texts.ts";

const word = { min: 1, max: 1 };
const counted = (rows: readonly (readonly string[])[]) =>
  countTerms(eachWordGrams(distinctTexts(rows), word), { minDf: 2, maxFeatures: 100 });

test("a text that stands in two tasks is one text: neither its words nor their rarity change", () => {
  const rows = [["my card is zebulon"], ["a card of yours"], ["a walk"]];
  const once = counted(rows);
  expect(once.terms).toEqual(["card"]);
  expect(once.idf[0]).toBeCloseTo(Math.log((1 + 3) / (1 + 2)) + 1);
  expect(counted([...rows, ["my card is zebulon"], ["My Card is ZEBULON"]])).toEqual(once);
});

test("a pair counts once in three tasks, with the words that both of its texts have", () => {
  const pair = ["zebulon lives here", "zebulon lives there"];
  const other = ["nobody lives here", "a cat"];
  expect(counted([pair, pair, pair, other]).terms).toEqual(["here", "lives"]);
  expect(counted([pair, [...pair].reverse(), other]).terms).toEqual(["here", "lives"]);
});

test("a premise of several pairs counts with the first of them", () => {
  const rows = ["one", "two", "three"].map((hypothesis) => ["zebulon lives", hypothesis]);
  expect(counted(rows).terms).toEqual([]);
  expect(distinctTexts(rows)).toEqual([["zebulon lives", "one"], ["two"], ["three"]]);
});

test("the texts that scikit-learn counted are distinct, so that its goldens speak of ours", () => {
  const { texts } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../fixtures/scikit-learn.json"), "utf8"),
  );
  const rows = texts.map((text: string) => [text]);
  expect(distinctTexts(rows)).toEqual(rows);
});

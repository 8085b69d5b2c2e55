import fc from "fast-check";
import { expect, test } from "vitest";
import { countTerms } from "./count-terms.ts";
import { pairSpace } from "./feature-space.ts";
import { pairFactNames, pairFacts } from "./pair-facts.ts";
import { eachWordGrams } from "./read-texts.ts";

const rows = [
  ["the old red car", "the new blue car"],
  ["old car", "blue car today"],
];
const range = { min: 1, max: 2 };
const words = countTerms(eachWordGrams(rows, range), { minDf: 1, maxFeatures: 100 });
const space = pairSpace(words, { word: range });

/** Of a pair: the terms of each part, and the facts that hold. */
function read(a: string, b: string) {
  const count = words.terms.length;
  const parts: string[][] = [[], [], [], []];
  space.rowOf(a, b).columns.forEach((column) => {
    const part = Math.floor(column / count);
    const name = part < 3 ? words.terms[column % count] : pairFactNames[column - 3 * count];
    parts[Math.min(part, 3)]?.push(name ?? "");
  });
  return parts.map((part) => part.toSorted());
}

test("words stand with the side that has them", () => {
  const [a, b, both, facts] = read("the old car", "the blue car?");
  expect(a).toEqual(["old", "old car", "the old"]);
  expect(b).toEqual(["blue", "blue car"]);
  expect(both).toEqual(["car", "the"]);
  expect(facts).toEqual(["a_covered", "b_covered", "overlap", "overlap_high", "question_in_b"]);
});

test("the other way round, sides change places and nothing else", () => {
  const word = fc.constantFrom(...words.terms.filter((term) => !term.includes(" ")), "unknown");
  const text = fc.array(word, { maxLength: 8 }).map((list) => list.join(" "));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [onlyA, onlyB, both] = read(a, b);
      expect(read(b, a).slice(0, 3)).toEqual([onlyB, onlyA, both]);
      const { values } = space.rowOf(a, b);
      expect(values.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

const factsOf = (a: string, b: string) => {
  const values = pairFacts(a, b, { shared: 1, onlyA: 1, onlyB: 1 });
  return pairFactNames.filter((_, i) => (values[i] ?? 0) > 0);
};

test.each([
  { a: "I do not eat fish", b: "I eat fish", want: "negation_in_a_only" },
  { a: "I eat fish", b: "I don’t eat fish", want: "negation_in_b_only" },
  { a: "costs 3,50 now", b: "costs 3,60 now", want: "numbers_differ" },
  { a: "room 12", b: "the room 12", want: "numbers_shared" },
  { a: "room 12", b: "the room", want: "number_in_a_only" },
  { a: "is it?", b: "it is", want: "question_in_a" },
])("$a | $b: $want", ({ a, b, want }) => {
  expect(factsOf(a, b)).toContain(want);
});

test.each([
  { a: "I do not eat fish", b: "I never eat fish", not: "negation_in_a_only" },
  { a: "room 12", b: "the room 12", not: "numbers_differ" },
  { a: "knot a nothingness", b: "x", not: "negation_in_a_only" },
])("$a | $b: not $not", ({ a, b, not }) => {
  expect(factsOf(a, b)).not.toContain(not);
});

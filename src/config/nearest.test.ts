import fc from "fast-check";
import { expect, test } from "vitest";
import { domainNames } from "../domains.ts";
import { didYouMean, editDistance, nearest } from "./nearest.ts";

test.each([
  ["computer_science", "computer science"],
  ["Computer-Science", "computer science"],
  ["comp sci", "computer science"],
  ["compsci", undefined],
  ["cs", "computer science"],
  ["Math", "math"],
  ["maths", "math"],
  ["mathematics", "math"],
  ["economic", "economics"],
  ["psycology", "psychology"],
  ["phsyics", "physics"],
  ["bio", "biology"],
  ["engineer", "engineering"],
  ["low", "law"],
  ["cooking", undefined],
  ["x", undefined],
  ["", undefined],
  ["!?", undefined],
])("of the domains, the one near %j", (word, want) => {
  expect(nearest(word, domainNames)).toBe(want);
});

test("a word too long for a slip is near nothing", () => {
  expect(nearest("a".repeat(1_000_000), ["a".repeat(1_000_001)])).toBeUndefined();
});

test("a suggestion is quoted in brackets, or nothing", () => {
  expect(didYouMean("naem", ["model", "name"])).toBe(" (did you mean 'name'?)");
  expect(didYouMean("zebra", ["model", "name"])).toBe("");
});

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["", "abc", 3],
  ["abc", "acb", 1],
  ["kitten", "sitting", 3],
  ["ca", "abc", 3],
])("the distance of %j and %j is %i", (a, b, want) => {
  expect(editDistance(a, b)).toBe(want);
});

test("the distance is symmetric, and 0 for equal words alone", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsPerBlock, textFeatures } from "./text-features.ts";

const shared = (a: string, b: string): number => {
  const inB = new Set(textFeatures(b).characters.buckets);
  const ofA = textFeatures(a).characters.buckets;
  return ofA.filter((bucket) => inB.has(bucket)).length / ofA.length;
};

test.each([
  { case: "letter case", a: "Was ist ein MOL?", b: "was ist ein mol" },
  { case: "accents", a: "fotosíntesis", b: "fotosintesis" },
  { case: "Arabic vowel marks", a: "كِتَاب", b: "كتاب" },
  { case: "width", a: "ＤＮＡ", b: "dna" },
])("$case makes no difference to characters", ({ a, b }) => {
  expect(shared(a, b)).toBe(1);
});

test.each([
  { case: "Cyrillic", a: "фотосинтез", b: "fotosintesis" },
  { case: "Katakana", a: "アルゴリズム", b: "algorithm" },
  { case: "Devanagari", a: "प्रोटीन", b: "protein" },
  { case: "Hangul", a: "알고리즘", b: "algorithm" },
  { case: "a misspelling", a: "fisics", b: "physics" },
])("$case meets what sounds alike", ({ a, b }) => {
  expect(shared(a, b)).toBeGreaterThan(0);
  expect(shared(a, b)).toBeGreaterThan(shared(a, "quarterback"));
});

test("any text gives each bucket once, within its block", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      for (const { buckets, counts } of Object.values(textFeatures(text))) {
        expect(new Set(buckets).size).toBe(buckets.length);
        expect(buckets.every((bucket: number) => bucket < bucketsPerBlock)).toBe(true);
        expect(counts.every((count: number) => count >= 1)).toBe(true);
      }
    }),
  );
});

test("a long text is read at both ends and not between", () => {
  const [head, tail] = ["h ".repeat(750), "t ".repeat(1250)];
  expect(textFeatures(`${head}${"lost ".repeat(5000)}${tail}`)).toEqual(
    textFeatures(`${head} ${tail}`),
  );
});

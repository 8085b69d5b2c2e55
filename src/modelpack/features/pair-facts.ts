/**
 * What is said of two texts beside their words: numbers from 0 to 1 that a bag of words cannot have. Each that is not
 * the same both ways stands once for either side. Part of every pair model: a change here makes them wrong.
 */
export const pairFactNames = [
  "overlap",
  "overlap_none",
  "overlap_low",
  "overlap_high",
  "a_covered",
  "b_covered",
  "a_shorter",
  "b_shorter",
  "negation_in_a_only",
  "negation_in_b_only",
  "numbers_shared",
  "numbers_differ",
  "number_in_a_only",
  "number_in_b_only",
  "question_in_a",
  "question_in_b",
] as const;

/** Distinct known words of one text that the other has, and has not. */
export interface Overlap {
  readonly shared: number;
  readonly onlyA: number;
  readonly onlyB: number;
}

const negation =
  /\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['\u2019]t\b/i;
const number = /\p{N}+(?:[.,]\p{N}+)*/gu;

/** In the order of `pairFactNames`. */
export function pairFacts(
  a: string,
  b: string,
  { shared, onlyA, onlyB }: Overlap,
): readonly number[] {
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const flag = (holds: boolean): number => (holds ? 1 : 0);
  const overlap = share(shared, shared + onlyA + onlyB);
  const [sizeA, sizeB] = [shared + onlyA, shared + onlyB];
  const [negatedA, negatedB] = [negation.test(a), negation.test(b)];
  const [numbersA, numbersB] = [numbersOf(a), numbersOf(b)];
  const both = numbersA.size > 0 && numbersB.size > 0;
  return [
    overlap,
    flag(overlap === 0),
    flag(overlap > 0 && overlap < 0.25),
    flag(overlap >= 0.5),
    share(shared, sizeA),
    share(shared, sizeB),
    share(Math.max(0, sizeB - sizeA), sizeB),
    share(Math.max(0, sizeA - sizeB), sizeA),
    flag(negatedA && !negatedB),
    flag(negatedB && !negatedA),
    flag([...numbersA].some((one) => numbersB.has(one))),
    flag(both && !isSame(numbersA, numbersB)),
    flag(numbersA.size > 0 && numbersB.size === 0),
    flag(numbersB.size > 0 && numbersA.size === 0),
    flag(isQuestion(a)),
    flag(isQuestion(b)),
  ];
}

const numbersOf = (text: string): ReadonlySet<string> =>
  new Set(Array.from(text.matchAll(number), ([found]) => found));

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((one) => b.has(one));

const isQuestion = (text: string): boolean => /[?\uff1f\u061f]\s*$/.test(text);

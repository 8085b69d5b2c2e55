import { kindOf, kinds } from "./fold.ts";

/** How long n-grams are, both ends included. */
export interface GramRange {
  readonly min: number;
  readonly max: number;
}

/**
 * The n-grams of a text, each time they occur: two hashes of 32 bits, and where in the code points they lie. Together
 * the hashes are taken for the n-gram itself: among a million n-grams two are mistaken with odds of 1 to 30 million.
 * The arrays are reused: what is kept must be copied.
 */
export class Grams {
  count = 0;
  first = new Int32Array(4096);
  second = new Int32Array(4096);
  from = new Int32Array(4096);
  to = new Int32Array(4096);

  clear(): void {
    this.count = 0;
  }

  add(first: number, second: number, from: number, to: number): void {
    if (this.count === this.first.length) this.grow();
    const at = this.count++;
    this.first[at] = first;
    this.second[at] = second;
    this.from[at] = from;
    this.to[at] = to;
  }

  private grow(): void {
    const doubled = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(old.length * 2);
      larger.set(old);
      return larger;
    };
    this.first = doubled(this.first);
    this.second = doubled(this.second);
    this.from = doubled(this.from);
    this.to = doubled(this.to);
  }
}

const firstSeed = 0x811c9dc5 | 0;
const secondSeed = 0x2545f491;
const space = 32;

const firstStep = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);
const secondStep = (hash: number, code: number): number =>
  Math.imul(((hash << 5) | (hash >>> 27)) ^ code, 0x9e3779b1);

/** Of an n-gram written out: what `wordGrams` and `characterGrams` give where it occurs. */
export function gramHashes(gram: string): { readonly first: number; readonly second: number } {
  let first = firstSeed;
  let second = secondSeed;
  for (const character of gram) {
    const code = character.codePointAt(0) as number;
    first = firstStep(first, code);
    second = secondStep(second, code);
  }
  return { first, second };
}

const starts: number[] = [];
const ends: number[] = [];

/** Runs of at least two word characters, joined by one space each: scikit-learn's default tokens. */
export function wordGrams(codes: Int32Array, { min, max }: GramRange, into: Grams): void {
  const tokens = findTokens(codes);
  for (let from = 0; from < tokens; from++) {
    let first = firstSeed;
    let second = secondSeed;
    const last = Math.min(tokens, from + max);
    for (let token = from; token < last; token++) {
      if (token > from) {
        first = firstStep(first, space);
        second = secondStep(second, space);
      }
      const end = ends[token] as number;
      for (let at = starts[token] as number; at < end; at++) {
        const code = codes[at] as number;
        first = firstStep(first, code);
        second = secondStep(second, code);
      }
      if (token - from + 1 >= min) into.add(first, second, starts[from] as number, end);
    }
  }
}

function findTokens(codes: Int32Array): number {
  let count = 0;
  let start = -1;
  for (let at = 0; at <= codes.length; at++) {
    const isWord = at < codes.length && kindOf(codes[at] as number) === kinds.word;
    if (isWord) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      if (at - start >= 2) {
        starts[count] = start;
        ends[count++] = at;
      }
      start = -1;
    }
  }
  return count;
}

/**
 * N-grams of the characters of each run without white space, with a space before it and one behind, as scikit-learn's
 * `char_wb`: a run that is no longer than n is one n-gram, once. The two spaces may lie outside of the text.
 */
export function characterGrams(codes: Int32Array, { min, max }: GramRange, into: Grams): void {
  let start = -1;
  for (let at = 0; at <= codes.length; at++) {
    const isSpace = at === codes.length || kindOf(codes[at] as number) === kinds.space;
    if (!isSpace) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      gramsOfRun(codes, start, at, min, max, into);
      start = -1;
    }
  }
}

function gramsOfRun(
  codes: Int32Array,
  start: number,
  end: number,
  min: number,
  max: number,
  into: Grams,
): void {
  // Position -1 and the last one are the spaces.
  const length = end - start + 2;
  const longest = Math.min(max, length);
  const shortest = Math.min(min, length);
  for (let from = 0; from + shortest <= length; from++) {
    let first = firstSeed;
    let second = secondSeed;
    const last = Math.min(length, from + longest);
    for (let at = from; at < last; at++) {
      const code = at === 0 || at === length - 1 ? space : (codes[start + at - 1] as number);
      first = firstStep(first, code);
      second = secondStep(second, code);
      if (at - from + 1 >= shortest) into.add(first, second, start + from - 1, start + at);
    }
  }
}

/** What an n-gram of words at this place reads. */
export function wordGramText(codes: Int32Array, from: number, to: number): string {
  const part = codes.subarray(from, to);
  const tokens = findTokens(part);
  return Array.from({ length: tokens }, (_, token) =>
    textOf(part.subarray(starts[token], ends[token])),
  ).join(" ");
}

/** What an n-gram of characters at this place reads, the spaces around its run included. */
export function characterGramText(codes: Int32Array, from: number, to: number): string {
  const isOutside = (at: number): boolean =>
    at < 0 || at >= codes.length || kindOf(codes[at] as number) === kinds.space;
  return Array.from({ length: to - from }, (_, i) =>
    isOutside(from + i) ? " " : String.fromCodePoint(codes[from + i] as number),
  ).join("");
}

const textOf = (codes: Int32Array): string =>
  Array.from(codes, (code) => String.fromCodePoint(code)).join("");

import { romanise, sounded } from "./romanise.ts";

/** Buckets of a block. The first block holds n-grams of words, the second n-grams of characters and of sounds. */
export const bucketsPerBlock = 1 << 17;

/** How often the n-grams of a text fall into the buckets of one block; each bucket is named once. */
export interface Block {
  readonly buckets: Uint32Array;
  readonly counts: Float32Array;
}

export interface TextFeatures {
  readonly words: Block;
  readonly characters: Block;
}

/** What is read of a long text: the subject tends to open it, and the ask to close it. */
const headLength = 1_500;
const tailLength = 2_500;
/** Longer ones are base64 or a table, and their middle says nothing. */
const maxWordLength = 40;

const token = /[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]{1,4}/gu;
/** Scripts that are written without spaces: a run of their letters is a sentence, not a word. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const katakana = /[\u30a1-\u30fc]{2,}/g;
const hangul = /\p{Script=Hangul}/u;
const digit = /^\p{N}/u;
const letter = /[\p{L}\p{M}]/u;

/** One seed a kind of n-gram, so that equal letters of two kinds are two features. */
const seeds = { word: 7, pair: 3, run: 5, characters: 11, sound: 13 };

/**
 * The n-grams of a text, hashed. Time grows with the length of the text, which is cut at 4,000 characters.
 * Part of every domain head: a change here makes all of them wrong.
 */
export function textFeatures(text: string): TextFeatures {
  const words = new Map<number, number>();
  const characters = new Map<number, number>();
  let previous = 0;
  for (const [run] of folded(cut(text)).matchAll(token)) {
    if (unspaced.test(run)) {
      addGrams(words, run, 2, 2, seeds.pair);
      addGrams(characters, run, 1, 3, seeds.run);
      for (const [loanword] of run.matchAll(katakana)) addSound(characters, loanword);
      previous = 0;
      continue;
    }
    // A number says that there is one, and its length something of its kind.
    const word = digit.test(run) ? "0".repeat(Math.min(run.length, 4)) : run;
    const hash = hashOf(word, seeds.word);
    add(words, hash);
    if (previous !== 0) add(words, Math.imul(previous, 31) + hash);
    previous = hash;
    if (!letter.test(word)) continue;
    const short = word.slice(0, maxWordLength);
    // A Hangul letter is a syllable.
    addGrams(characters, `<${short}>`, hangul.test(short) ? 1 : 2, 5, seeds.characters);
    addSound(characters, short);
  }
  return { words: blockOf(words), characters: blockOf(characters) };
}

const cut = (text: string): string =>
  text.length <= headLength + tailLength
    ? text
    : `${text.slice(0, headLength)} ${text.slice(-tailLength)}`;

/** Accents and Arabic vowel marks go, as in hasty typing; the vowels of Indic and Thai script are letters and stay. */
const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f\u064b-\u0652\u0670\u0640]/g, "")
    .normalize("NFC")
    .toLowerCase();

function addSound(block: Map<number, number>, word: string): void {
  const sound = sounded(romanise(word));
  if (sound.length > 2) addGrams(block, `<${sound}>`, 3, 5, seeds.sound);
}

/** Every n-gram of `shortest` to `longest` UTF-16 units. */
function addGrams(
  block: Map<number, number>,
  run: string,
  shortest: number,
  longest: number,
  seed: number,
): void {
  for (let from = 0; from < run.length; from++) {
    const end = Math.min(run.length, from + longest);
    let hash = seed;
    for (let at = from; at < end; at++) {
      hash = step(hash, run.charCodeAt(at));
      const length = at - from + 1;
      if (length >= shortest) add(block, hash + length);
    }
  }
}

function hashOf(word: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < word.length; at++) hash = step(hash, word.charCodeAt(at));
  return hash;
}

/** Fowler, Noll and Vo's, over UTF-16 units. */
const step = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

function add(block: Map<number, number>, hash: number): void {
  // Murmur3's finaliser, because the low bits of the running hash alone are not spread well.
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  const bucket = (mixed ^ (mixed >>> 16)) & (bucketsPerBlock - 1);
  block.set(bucket, (block.get(bucket) ?? 0) + 1);
}

const blockOf = (counts: ReadonlyMap<number, number>): Block => ({
  buckets: Uint32Array.from(counts.keys()),
  counts: Float32Array.from(counts.values()),
});

/**
 * The code points of a text in lower case and without accents, in this order, as scikit-learn's vectorisers have it with
 * `strip_accents="unicode"`: decomposed for compatibility (NFKD), then without marks of a combining class.
 */
export function folded(text: string): Int32Array {
  const lower = text.toLowerCase();
  const codes = new Int32Array(lower.length);
  for (let at = 0; at < lower.length; at++) {
    const unit = lower.charCodeAt(at);
    if (unit >= 0x80) return decomposed(lower);
    codes[at] = unit;
  }
  return codes;
}

function decomposed(lower: string): Int32Array {
  const plain = lower.normalize("NFKD");
  const codes = new Int32Array(plain.length);
  let count = 0;
  for (const character of plain) {
    const code = character.codePointAt(0) as number;
    if (code < 0x300 || kindOf(code) !== kinds.mark) codes[count++] = code;
  }
  return codes.subarray(0, count);
}

export const kinds = { unknown: 0, word: 1, space: 2, mark: 3, other: 4 } as const;

/** By code point, filled as they come. */
const known = new Uint8Array(0x110000);

/** A word is made of letters, numbers and the underscore, as Python's `\w`; marks do not count. */
export function kindOf(code: number): number {
  const kind = known[code] as number;
  if (kind !== kinds.unknown) return kind;
  const found = classify(code);
  known[code] = found;
  return found;
}

function classify(code: number): number {
  const character = String.fromCodePoint(code);
  if (/[\p{L}\p{N}_]/u.test(character)) return kinds.word;
  if (pythonSpace.test(character)) return kinds.space;
  return /\p{M}/u.test(character) && isCombining(character) ? kinds.mark : kinds.other;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the four separators as white space
const pythonSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Whether its canonical combining class is not 0, which JavaScript does not tell: beside one of class 1, or one of class
 * 232, normalising brings both orders of such a mark to the same.
 */
const isCombining = (mark: string): boolean =>
  ["\u0334", "\u0315"].some(
    (other) =>
      other === mark || `a${other}${mark}`.normalize("NFD") === `a${mark}${other}`.normalize("NFD"),
  );

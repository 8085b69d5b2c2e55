/** Texts by what they say, so that a copy with a word changed is found. */
export interface NearDuplicates {
  /** Whether a text that was added is as good as this one. */
  has(text: string): boolean;
  add(text: string): void;
}

/** Share of common shingles from which two texts are as good as one; one changed word of twelve leaves about 0.8. */
const alike = 0.75;
const shingleLength = 4;
/** With 16 bands of 3 a pair at 0.75 is missed once in 6,000, at 0.5 it is compared nine times in ten. */
const bands = 16;
const bandRows = 3;

/**
 * MinHash over shingles of four characters (Broder 1997) finds candidates, and each is compared in full.
 */
export function nearDuplicates(): NearDuplicates {
  const texts: string[] = [];
  const signatures: Uint32Array[] = [];
  const buckets = new Map<number, number[]>();
  return {
    has(text) {
      const shingles = shinglesOf(text);
      const own = signature(shingles);
      const candidates = new Set(keysOf(own).flatMap((key) => buckets.get(key) ?? []));
      for (const at of candidates) {
        if (agreement(own, signatures[at] ?? own) < leastAgreement) continue;
        if (jaccard(shingles, shinglesOf(texts[at] ?? "")) >= alike) return true;
      }
      return false;
    },
    add(text) {
      const at = texts.push(text) - 1;
      const own = signature(shinglesOf(text));
      signatures.push(own);
      for (const key of keysOf(own)) {
        const bucket = buckets.get(key);
        if (bucket) bucket.push(at);
        else buckets.set(key, [at]);
      }
    },
  };
}

/** One number a band. Two bands of one number are a candidate more, nothing worse. */
function keysOf(least: Uint32Array): readonly number[] {
  return Array.from({ length: bands }, (_, band) =>
    least
      .subarray(band * bandRows, (band + 1) * bandRows)
      .reduce((key, value) => mixed(Math.imul(key, 0x01000193) ^ value), band + 1),
  );
}

/** The share of equal hashes, which is about the share of common shingles. */
function agreement(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let at = 0; at < a.length; at++) if (a[at] === b[at]) equal++;
  return equal / a.length;
}

/** Three standard deviations (0.0625 each, of 48 hashes) below `alike`: less need not be compared in full. */
const leastAgreement = 0.56;

/** How alike two texts are, from 0 to 1. */
export const likeness = (a: string, b: string): number => jaccard(shinglesOf(a), shinglesOf(b));

function shinglesOf(text: string): ReadonlySet<string> {
  const plain = ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()} `;
  const shingles = new Set<string>();
  for (let at = 0; at + shingleLength <= Math.max(plain.length, shingleLength); at++) {
    shingles.add(plain.slice(at, at + shingleLength));
  }
  return shingles;
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const one of a) if (b.has(one)) common++;
  return common / (a.size + b.size - common);
}

/** The least of each of so many hashes of the shingles. */
function signature(shingles: ReadonlySet<string>): Uint32Array {
  const least = new Uint32Array(bands * bandRows).fill(0xffffffff);
  for (const shingle of shingles) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < shingle.length; at++) {
      hash = Math.imul(hash ^ shingle.charCodeAt(at), 0x01000193);
    }
    for (let at = 0; at < least.length; at++) {
      // One multiply-shift function each (Dietzfelbinger 1997): odd factors from the golden ratio.
      const value = mixed(Math.imul(hash, (0x9e3779b9 * (2 * at + 1)) | 1));
      if (value < (least[at] as number)) least[at] = value;
    }
  }
  return least;
}

const mixed = (value: number): number => {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (once ^ (once >>> 13)) >>> 0;
};

import { gramHashes } from "./grams.ts";

/** N-grams by number, 0 to `size` - 1. */
export interface Vocabulary {
  readonly size: number;
  /** Number of the n-gram with these hashes, -1 for an unknown one. */
  find(first: number, second: number): number;
}

/**
 * Slots are at most half full, so that a search ends soon. Each is the second hash and a number: where it stands tells
 * the rest of the first, and what is smaller is found sooner, as most of the time goes into waiting for memory.
 */
const stride = 2;

export function vocabularyOf(terms: readonly string[]): Vocabulary {
  const slotCount = 2 ** Math.ceil(Math.log2(Math.max(2, terms.length * 2)));
  const mask = slotCount - 1;
  const slots = new Int32Array(slotCount * stride);
  terms.forEach((term, number) => {
    const { first, second } = gramHashes(term);
    let slot = slotOf(first, second) & mask;
    while (slots[slot * stride + 1] !== 0) slot = (slot + 1) & mask;
    slots[slot * stride] = second;
    slots[slot * stride + 1] = number + 1;
  });

  function find(first: number, second: number): number {
    for (let slot = slotOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * stride;
      const number = slots[at + 1] as number;
      if (number === 0) return -1;
      if (slots[at] === second) return number - 1;
    }
  }

  return { size: terms.length, find };
}

/** Murmur3's finaliser: the low bits of a running hash alone are not spread well. */
export function slotOf(first: number, second: number): number {
  let mixed = Math.imul(first ^ (first >>> 16), 0x85ebca6b) ^ second;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Finds rows by their hash. Flat arrays: a Map takes no more than 16 million entries. */
export interface RowIndex {
  /** The first row added with that hash for which `isSame` holds, or -1. */
  find(hash: number, isSame: (row: number) => boolean): number;
  /** Gives the row's number: 0, 1, 2 and so on. */
  add(hash: number): number;
}

export function rowIndex(): RowIndex {
  let hashes = new Int32Array(64);
  // Of rows, plus 1; 0 is free. At most half full, so that a search ends soon.
  let slots = new Uint32Array(128);
  let count = 0;

  function place(hash: number, row: number): void {
    let slot = hash & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = row + 1;
  }

  return {
    find(hash, isSame) {
      for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
        const row = (slots[slot] as number) - 1;
        if (row < 0) return -1;
        if (hashes[row] === hash && isSame(row)) return row;
      }
    },
    add(hash) {
      if (count === hashes.length) {
        const more = new Int32Array(2 * count);
        more.set(hashes);
        hashes = more;
        slots = new Uint32Array(4 * count);
        for (let row = 0; row < count; row++) place(hashes[row] as number, row);
      }
      hashes[count] = hash;
      place(hash, count);
      return count++;
    },
  };
}

/** FNV-1a over 32-bit words. */
export const hashStart = 0x811c9dc5 | 0;

export function hashStep(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x01000193);
  // Low bits of a product never see the high bits of its factors, and those of embeddings differ most.
  return mixed ^ (mixed >>> 15);
}

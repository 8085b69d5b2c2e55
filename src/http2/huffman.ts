/**
 * Lengths in bits of the Huffman codes of bytes 0 to 255 and, last, of the end of a string (RFC 7541, appendix B). The
 * code is canonical, so its lengths are all of it.
 */
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const endOfString = 256;

/**
 * A binary tree in pairs: of node n, [2n] is where 0 leads and [2n + 1] where 1 does. Leaves are -1 - symbol; 0, the
 * root, stands for nowhere.
 */
const tree = treeOf(lengths);

function treeOf(bits: readonly number[]): Int16Array {
  const nodes = new Int16Array(2 * bits.length);
  let used = 1;
  let code = 0;
  for (let length = 1; length <= 30; length++) {
    for (const [symbol, own] of bits.entries()) {
      if (own !== length) continue;
      let at = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const side = 2 * at + ((code >>> bit) & 1);
        if (nodes[side] === 0) nodes[side] = used++;
        at = nodes[side] as number;
      }
      nodes[2 * at + (code & 1)] = -1 - symbol;
      code++;
    }
    code <<= 1;
  }
  return nodes;
}

/** `bytes` from `start` to `end` decoded as Latin-1; undefined when they are no Huffman code. */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let at = 0;
  /** Bits since the last symbol, and whether all of them were 1, as padding must be. */
  let depth = 0;
  let ones = true;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >>> shift) & 1;
      const next = tree[2 * at + bit] as number;
      depth++;
      ones &&= bit === 1;
      if (next >= 0) {
        at = next;
        continue;
      }
      if (next === -1 - endOfString) return undefined;
      text += String.fromCharCode(-1 - next);
      at = 0;
      depth = 0;
      ones = true;
    }
  }
  return depth < 8 && ones ? text : undefined;
}

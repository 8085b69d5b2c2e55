/** Below it pieces are copied together: one of a byte then costs a byte, and does not keep the read that it came with. */
const smallBytes = 4096;

/** Bytes that wait, first come first taken. */
export interface ByteQueue {
  readonly length: () => number;
  /** Takes what it must not keep for long as it is: `settle` is to follow once the rest of it waits. */
  lend(piece: Buffer): void;
  settle(): void;
  add(piece: Buffer): void;
  /** The first so many, of at least as many. Not copied when they lie in one piece. */
  take(count: number): Buffer;
  clear(): void;
}

export function byteQueue(): ByteQueue {
  let pieces: Buffer[] = [];
  let length = 0;

  function add(piece: Buffer): void {
    length += piece.length;
    let last = piece.length < smallBytes ? Buffer.from(piece) : piece;
    // Pieces that are no smaller than their followers: each byte is copied a few times at most.
    for (let before = pieces.at(-1); before; before = pieces.at(-1)) {
      if (before.length > last.length || before.length + last.length > 2 * smallBytes) break;
      pieces.pop();
      last = Buffer.concat([before, last]);
    }
    pieces.push(last);
  }

  function take(count: number): Buffer {
    length -= count;
    const [first] = pieces;
    if (first && first.length > count) {
      pieces[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    if (first?.length === count) {
      pieces.shift();
      return first;
    }
    const taken: Buffer[] = [];
    let left = count;
    let at = 0;
    for (let piece = pieces[at]; piece && piece.length <= left; piece = pieces[at]) {
      taken.push(piece);
      left -= piece.length;
      at++;
    }
    const rest = pieces.slice(at);
    if (rest[0] && left > 0) {
      taken.push(rest[0].subarray(0, left));
      rest[0] = rest[0].subarray(left);
    }
    pieces = rest;
    return Buffer.concat(taken, count);
  }

  function clear(): void {
    pieces = [];
    length = 0;
  }

  return {
    length: () => length,
    lend(piece) {
      pieces.push(piece);
      length += piece.length;
    },
    settle() {
      const rest = pieces;
      clear();
      for (const piece of rest) add(piece);
    },
    add,
    take,
    clear,
  };
}

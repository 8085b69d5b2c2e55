import type { Matrix } from "../math/matrix.ts";
import { type Growing, growingDoubles, growingSingles, type Room } from "./growing.ts";
import { hashStart, hashStep, rowIndex } from "./row-index.ts";

/** Rows of one length as they are read: singles until one needs more, so that no more memory is held than they need. */
export interface RowSet {
  /** Index of the row among those kept. */
  add(row: Float64Array): number;
  /** So many rows may come, all as long as the first. */
  expect(rows: number): void;
  done(): Matrix;
}

/** Keeps every row. */
export function everyRow(room: Room): RowSet {
  const { append, expect, done } = matrix(room);
  let count = 0;
  return {
    add(row) {
      append(row, rounded(row));
      return count++;
    },
    expect,
    done,
  };
}

/**
 * Keeps every different row once, in order of first appearance: upstream writes a query's vector once for every model
 * that answered it. Memory and the search shrink by the number of models, and queries can be told from rows.
 */
export function distinctRows(room: Room): RowSet {
  const { append, expect, held, done } = matrix(room);
  const index = rowIndex();
  return {
    add(row) {
      const singles = rounded(row);
      const known = held();
      const found = index.find(singles.hash, (at) => isSame(known, at * row.length, row));
      if (found >= 0) return found;
      append(row, singles);
      room.take(indexBytes);
      return index.add(singles.hash);
    },
    expect,
    done,
  };
}

/** Of the index, by row. */
const indexBytes = 12;

interface Singles {
  readonly values: Float32Array;
  /** Whether they are the same numbers. */
  readonly isExact: boolean;
  /** Equal for rows that round alike, which are then compared in full. */
  readonly hash: number;
}

let scratch = new Float32Array(0);
let scratchBits = new Uint32Array(0);

/** The row as singles, which the next call overwrites. */
function rounded(row: Float64Array): Singles {
  if (scratch.length !== row.length) {
    scratch = new Float32Array(row.length);
    scratchBits = new Uint32Array(scratch.buffer);
  }
  const values = scratch;
  const bits = scratchBits;
  let isExact = true;
  let hash = hashStart;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    const single = Math.fround(value);
    values[i] = single;
    if (single !== value) isExact = false;
    hash = hashStep(hash, bits[i] as number);
  }
  return { values, isExact, hash };
}

function matrix(room: Room) {
  let values: Growing<Matrix> = growingSingles(room);
  let isWide = false;
  let width = 0;
  return {
    expect: (rows: number) => values.reserve(rows * width),
    append(row: Float64Array, singles: Singles): void {
      if (!singles.isExact && !isWide) {
        const narrow = values.done();
        values = growingDoubles(room);
        values.append(narrow, narrow.length);
        room.take(-narrow.byteLength);
        isWide = true;
      }
      width = row.length;
      values.append(isWide ? row : singles.values, row.length);
    },
    held: () => values.held(),
    done: () => values.done(),
  };
}

function isSame(rows: Matrix, from: number, row: Float64Array): boolean {
  for (let i = 0; i < row.length; i++) if (!Object.is(rows[from + i], row[i])) return false;
  return true;
}

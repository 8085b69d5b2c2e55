import { checkFinite, notArray, Refusal, readList, readWhole } from "./fields.ts";
import { type Growing, growingDoubles, type Room } from "./growing.ts";
import type { EachNumbers, JsonCursor } from "./json-cursor.ts";
import type { RowSet } from "./row-set.ts";

/** A longer row's text is not kept to be compared. */
const maxRowBytes = 2 ** 18;

/** Passes an array of finite numbers, which is next, and gives them to `each`, some at a time. */
export function readNumbers(cursor: JsonCursor, field: string, each: EachNumbers): void {
  if (cursor.next() !== 0x5b) throw notArray(cursor, field);
  cursor.pass();
  if (cursor.took("]")) return;
  let count = 0;
  const isWhole = cursor.numbers((numbers, more) => {
    // Those that are not finite come one by one: 1e999.
    if (more === 1) checkFinite(numbers[0], `${field}[${count}]`);
    count += more;
    each(numbers, more);
  });
  if (!isWhole) checkFinite(readWhole(cursor, `${field}[${count}]`), `${field}[${count}]`);
}

export function readDoubles(cursor: JsonCursor, field: string, room: Room): Float64Array {
  const values = growingDoubles(room);
  readNumbers(cursor, field, values.append);
  return values.done();
}

/** Reads rows one after the other into a set, and refuses those of another length than the first. */
export interface RowReader {
  /** The row that is next: its index in the set. */
  read(field: string): number;
  /** 0 before the first. */
  readonly width: () => number;
}

/** `first` names the field of the first row in refusals. */
export function rowReader(cursor: JsonCursor, rows: RowSet, room: Room): RowReader {
  let row = new Float64Array(1024);
  let width = 0;
  let first = "";
  let last = -1;
  const text = new Uint8Array(maxRowBytes);
  let lastText: Uint8Array | undefined;
  let repeats = false;

  return {
    read(field) {
      cursor.next();
      if (lastText && cursor.skipped(lastText)) return last;
      if (repeats) cursor.keep(maxRowBytes);
      const from = cursor.position();
      let length = 0;
      readNumbers(cursor, field, (numbers, count) => {
        if (length + count > row.length) {
          const longer = new Float64Array(2 * (length + count));
          room.take(longer.byteLength);
          longer.set(row);
          row = longer;
        }
        row.set(count === numbers.length ? numbers : numbers.subarray(0, count), length);
        length += count;
      });
      if (length === 0) throw new Refusal(`${field} is empty`);
      if (width === 0) {
        width = length;
        first = field;
      }
      if (length !== width) {
        throw new Refusal(`${field} has length ${length}, ${first} has ${width}`);
      }
      const index = rows.add(row.subarray(0, length));
      if (last < 0) rows.expect((cursor.size - from) / (cursor.position() - from));
      // Keeping the text of every row would cost more than it saves in a file without repetitions.
      lastText = repeats ? copied(cursor.kept(), text) : undefined;
      repeats ||= index === last;
      last = index;
      return index;
    },
    width: () => width,
  };
}

/** Reads an array of rows; by row, its index in the set. */
export function readRows(
  cursor: JsonCursor,
  field: string,
  reader: RowReader,
  indices: Growing<Uint32Array>,
): void {
  readList(cursor, field, (_, row) => indices.push(reader.read(row)));
}

function copied(bytes: Uint8Array | undefined, into: Uint8Array): Uint8Array | undefined {
  if (!bytes) return undefined;
  into.set(bytes);
  return into.subarray(0, bytes.length);
}

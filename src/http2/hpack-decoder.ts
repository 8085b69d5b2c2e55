import { huffmanDecode } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

/** Header fields of one block by name; a repeated field keeps its first value. */
export type Headers = ReadonlyMap<string, string>;

/** What one header block came to. `too_large`: the table is still right, so the connection may go on. */
export type Decoded = Headers | "too_large" | "compression_error";

export interface HpackDecoder {
  /** Blocks must be given in the order in which they came, each once. */
  decode(block: Buffer): Decoded;
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
}

/** What an entry takes beside its name and value (RFC 7541, section 4.1). */
const entryOverhead = 32;

/**
 * A decoder of header blocks (RFC 7541) whose dynamic table holds at most `maxTableBytes`. A block whose fields are
 * together larger than `maxListBytes`, counted as in the table, is decoded and dropped.
 */
export function hpackDecoder(maxTableBytes: number, maxListBytes: number): HpackDecoder {
  /** Oldest first, so that index 62 is the last one. */
  const table: Entry[] = [];
  let tableBytes = 0;
  let tableLimit = maxTableBytes;
  /** Goes up with every change of the table. */
  let version = 0;
  /** Most blocks of a connection are the one before: the same bytes mean the same while the table is the same. */
  let last:
    | { readonly block: Buffer; readonly version: number; readonly headers: Headers }
    | undefined;

  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;

  function decode(block: Buffer): Decoded {
    if (last && last.version === version && last.block.equals(block)) return last.headers;
    bytes = block;
    at = 0;
    const before = version;
    const headers = new Map<string, string>();
    let listBytes = 0;
    let fields = 0;
    while (at < bytes.length) {
      const first = bytes[at] as number;
      let entry: Entry | undefined;
      if (first >= 0x80) {
        entry = indexed(integer(7));
      } else if (first >= 0x40) {
        entry = literal(6);
        if (entry) insert(entry);
      } else if (first >= 0x20) {
        // Only at the beginning of a block (RFC 7541, section 4.2).
        const limit = integer(5);
        if (fields > 0 || limit < 0 || limit > maxTableBytes) return "compression_error";
        tableLimit = limit;
        version++;
        evict(0);
        continue;
      } else {
        entry = literal(4);
      }
      if (!entry) return "compression_error";
      fields++;
      listBytes += entry.size;
      if (listBytes <= maxListBytes && !headers.has(entry.name))
        headers.set(entry.name, entry.value);
    }
    if (listBytes > maxListBytes) return "too_large";
    // A copy: the block may be part of a much larger read.
    if (version === before) last = { block: Buffer.from(block), version, headers };
    return headers;
  }

  function indexed(index: number): Entry | undefined {
    if (index <= 0) return undefined;
    if (index <= staticTable.length) return staticEntries[index - 1];
    return table[table.length - (index - staticTable.length)];
  }

  function literal(prefixBits: number): Entry | undefined {
    const index = integer(prefixBits);
    if (index < 0) return undefined;
    const name = index === 0 ? string() : indexed(index)?.name;
    const value = string();
    if (name === undefined || value === undefined) return undefined;
    return entryOf(name, value);
  }

  function insert(entry: Entry): void {
    version++;
    evict(entry.size);
    // An entry larger than the table empties it (RFC 7541, section 4.4).
    if (entry.size > tableLimit) return;
    table.push(entry);
    tableBytes += entry.size;
  }

  function evict(room: number): void {
    let gone = 0;
    while (gone < table.length && tableBytes + room > tableLimit) {
      tableBytes -= (table[gone] as Entry).size;
      gone++;
    }
    if (gone > 0) table.splice(0, gone);
  }

  /** Of the low `prefixBits` bits of the byte and what follows (RFC 7541, section 5.1); -1 when it ends early or is over 2^28. */
  function integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (bytes[at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (at >= bytes.length) return -1;
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  function string(): string | undefined {
    if (at >= bytes.length) return undefined;
    const huffman = (bytes[at] as number) >= 0x80;
    const length = integer(7);
    if (length < 0 || at + length > bytes.length) return undefined;
    const start = at;
    at += length;
    return huffman ? huffmanDecode(bytes, start, at) : bytes.toString("latin1", start, at);
  }

  return { decode };
}

const entryOf = (name: string, value: string): Entry => ({
  name,
  value,
  size: name.length + value.length + entryOverhead,
});

const staticEntries = staticTable.map(([name, value]) => entryOf(name, value));

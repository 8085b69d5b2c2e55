import { createHash } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { EmbedderIdentity } from "../embed/embedder.ts";
import { RouterError } from "../errors.ts";
import { writeAtomic } from "../files/write-atomic.ts";

/** Vectors of texts that were embedded before, by one embedder. */
export interface VectorStore {
  get(text: string): Float32Array | undefined;
  /** Kept with the next `flush`. */
  set(text: string, vector: Float32Array): void;
  /** Appends to the file what was set, in one write. Throws RouterError `output_unwritable`. */
  flush(): void;
  /** Flushes, and closes the file. */
  close(): void;
}

/** Of a user's disk: 260,000 vectors. A file above it is begun anew with the half that was written last. */
export const maxStoreBytes = 1024 ** 3;

/** Starts every entry: after one that was cut off the reader looks for the next. */
const mark = Buffer.from("sbv1");
const keyBytes = 32;
const sumBytes = 4;
/** Read at once. */
const chunkBytes = 4 * 1024 ** 2;

/**
 * Opens the file of `identity` in `folder`. It is keyed by the text's sha-256 and by the model file's, so that neither
 * new queries nor a new model are answered from it.
 *
 * Entries are only ever appended, each with a checksum, so whoever is killed loses the batch under way, and several
 * processes may append at once. What is damaged is as good as not there. In memory are the keys and where their vectors
 * stand, 100 bytes each; the vectors stay on disk.
 *
 * An entry: `sbv1`, sha-256 of the text (32 bytes), the vector (singles, little-endian), crc-32 of key and vector.
 */
export async function openVectorStore(
  folder: string,
  { name, revision, dimension }: EmbedderIdentity,
  maxBytes: number = maxStoreBytes,
): Promise<VectorStore> {
  const path = join(folder, `vectors-${name.replaceAll(/[^\w.-]/g, "_")}-${revision}.bin`);
  const vectorBytes = 4 * dimension;
  const entryBytes = mark.length + keyBytes + vectorBytes + sumBytes;
  let file = openFile(folder, path);
  const size = fstatSync(file).size;
  if (size > maxBytes) {
    await writeAtomic(path, entriesFrom(file, size - Math.floor(maxBytes / 2), entryBytes));
    closeSync(file);
    file = openFile(folder, path);
  }
  /** Where the vector of a key starts. Keys are held as latin1, half as long as hex. */
  const places = new Map<string, number>();
  for (const { entry, at } of entries(file, 0, entryBytes)) {
    places.set(
      entry.toString("latin1", mark.length, mark.length + keyBytes),
      at + mark.length + keyBytes,
    );
  }
  const waiting = new Map<string, Buffer>();

  function flush(): void {
    if (waiting.size === 0) return;
    const bytes = Buffer.concat([...waiting.values()]);
    try {
      // One write, so that the entries of several processes do not mix.
      for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
    } catch (thrown) {
      throw unwritable(path, thrown);
    }
    remember(bytes.length);
    waiting.clear();
  }

  /** They stand at the end, unless another process has appended since: then they are of use to the next run only. */
  function remember(written: number): void {
    let at = fstatSync(file).size - written;
    const key = Buffer.alloc(keyBytes);
    for (const name of waiting.keys()) {
      readSync(file, key, 0, keyBytes, at + mark.length);
      if (key.toString("latin1") === name) places.set(name, at + mark.length + keyBytes);
      at += entryBytes;
    }
  }

  return {
    get(text) {
      const at = places.get(keyOf(text).toString("latin1"));
      if (at === undefined) return undefined;
      const vector = new Float32Array(dimension);
      const read = readSync(file, vector, 0, vectorBytes, at);
      return read === vectorBytes ? vector : undefined;
    },
    set(text, vector) {
      const key = keyOf(text);
      const content = Buffer.concat([
        key,
        Buffer.from(vector.buffer, vector.byteOffset, vectorBytes),
      ]);
      const sum = Buffer.alloc(sumBytes);
      sum.writeUInt32LE(crc32(content));
      waiting.set(key.toString("latin1"), Buffer.concat([mark, content, sum]));
    },
    flush,
    close() {
      flush();
      closeSync(file);
    },
  };
}

/** Whole entries and where they start, from the first at or after `from`. An entry is valid until the next is asked for. */
function* entries(
  file: number,
  from: number,
  entryBytes: number,
): Generator<{ readonly entry: Buffer; readonly at: number }> {
  const buffer = Buffer.alloc(Math.max(chunkBytes, 2 * entryBytes));
  let start = from;
  for (;;) {
    const filled = readSync(file, buffer, 0, buffer.length, start);
    const chunk = buffer.subarray(0, filled);
    let at = chunk.indexOf(mark);
    while (at >= 0 && at + entryBytes <= filled) {
      const entry = chunk.subarray(at, at + entryBytes);
      const whole = isWhole(entry);
      if (whole) yield { entry, at: start + at };
      at = chunk.indexOf(mark, at + (whole ? entryBytes : 1));
    }
    if (filled < buffer.length) return;
    // What may be the start of an entry is read again with what follows.
    start += at >= 0 ? at : filled - mark.length + 1;
  }
}

function isWhole(entry: Buffer): boolean {
  const end = entry.length - sumBytes;
  return crc32(entry.subarray(mark.length, end)) === entry.readUInt32LE(end);
}

function* entriesFrom(file: number, from: number, entryBytes: number): Generator<Buffer> {
  for (const { entry } of entries(file, from, entryBytes)) yield Buffer.from(entry);
}

function openFile(folder: string, path: string): number {
  try {
    mkdirSync(folder, { recursive: true });
    return openSync(path, "a+");
  } catch (thrown) {
    throw unwritable(path, thrown);
  }
}

const unwritable = (path: string, cause: unknown): RouterError =>
  new RouterError(
    "output_unwritable",
    `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    "Make the folder writable, free space, or name another with --cache-dir",
    { cause },
  );

const keyOf = (text: string): Buffer => createHash("sha256").update(text).digest();

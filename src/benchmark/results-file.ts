import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { RouterError } from "../errors.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { maxLineBytes } from "../train/lines.ts";

/** Where a line stands in the file. */
export interface Place {
  readonly at: number;
  /** Without the end of the line. */
  readonly bytes: number;
}

export interface ResultsFile {
  /** In the file when it returns: the end of this process, however hard, does not lose it. */
  append(line: string): Place;
  /** Replaces the file, whole, by these lines of it in this order. Nothing can be appended afterwards. */
  reorder(places: Iterable<Place>): Promise<void>;
  close(): void;
}

/** A power cut, unlike the end of the process, may take the rows of so long. */
const syncMs = 1000;

const chunkBytes = 2 ** 20;
const lineFeed = 10;

/**
 * Opens the output for appending and gives `use` every line that is there. A last line that was cut off is removed; one
 * that only lacks its end gets it. `use` says whether a line can be used. Throws RouterError `output_unwritable`,
 * or `training_data_invalid` for a line that cannot be used before the last.
 */
export function openResults(
  path: string,
  use: (line: string, place: Place) => boolean,
): ResultsFile {
  const file = attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, "a+");
  });
  let size: number;
  try {
    size = readLines(file, path, use);
  } catch (thrown) {
    closeSync(file);
    throw thrown;
  }
  let timer: NodeJS.Timeout | undefined;

  function append(line: string): Place {
    const bytes = Buffer.from(`${line}\n`);
    attempt(path, () => {
      for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
    });
    const place = { at: size, bytes: bytes.length - 1 };
    size += bytes.length;
    timer ??= setTimeout(() => {
      timer = undefined;
      // What it cannot keep is told by the last one, in close.
      fdatasync(file, () => undefined);
    }, syncMs).unref();
    return place;
  }

  function* linesAt(places: Iterable<Place>): Generator<Uint8Array> {
    for (const { at, bytes } of places) {
      const line = Buffer.allocUnsafe(bytes + 1);
      if (readSync(file, line, 0, bytes, at) !== bytes) throw new Error("it became shorter");
      line[bytes] = lineFeed;
      yield line;
    }
  }

  return {
    append,
    reorder: (places) => writeAtomic(path, linesAt(places)),
    close() {
      clearTimeout(timer);
      attempt(path, () => fdatasyncSync(file));
      closeSync(file);
    },
  };
}

/** How long the file is afterwards. */
function readLines(
  file: number,
  path: string,
  use: (line: string, place: Place) => boolean,
): number {
  let at = 0;
  let number = 0;
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  const take = (bytes: Uint8Array): boolean => {
    number++;
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    return line.trim() === "" || use(line, { at, bytes: bytes.length });
  };
  for (let position = 0; ; ) {
    // Of its own, because the rest of the last one is still in use.
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const read = attempt(path, () => readSync(file, chunk, 0, chunkBytes, position));
    if (read === 0) break;
    position += read;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let from = 0;
    for (let to = bytes.indexOf(lineFeed); to >= 0; to = bytes.indexOf(lineFeed, from)) {
      if (!take(bytes.subarray(from, to))) throw damaged(path, number);
      at += to + 1 - from;
      from = to + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > maxLineBytes) throw damaged(path, number + 1);
  }
  if (rest.length === 0) return at;
  return attempt(path, () => {
    if (take(rest)) {
      writeSync(file, "\n");
      return at + rest.length + 1;
    }
    // Cut off, it is no JSON. What is JSON is something else, and not ours to remove.
    if (isJson(rest.toString("utf8"))) throw damaged(path, number);
    ftruncateSync(file, at);
    return at;
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RouterError) throw cause;
    throw new RouterError(
      "output_unwritable",
      `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Make the folder writable, free space, or choose another --output; what was measured is kept",
      { cause },
    );
  }
}

const damaged = (path: string, line: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path}: line ${line} is no row of a benchmark`,
    "Correct or remove the line, choose another --output, or begin anew with --overwrite",
  );

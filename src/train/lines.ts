import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { RouterError } from "../errors.ts";

/** A record is a question, an answer and some numbers. Longer is a file without line ends, or a trap for the memory. */
export const maxLineBytes = 16 * 1024 ** 2;

const lineFeed = 10;

/** The lines of a file, plain or gzip (by its name). Rejects with RouterError `training_data_invalid`. */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  // `pipe` carries data only: without this a missing .gz would wait for ever.
  file.on("error", (cause) => bytes.destroy(cause));
  try {
    yield* split(bytes);
  } catch (thrown) {
    if (thrown instanceof RouterError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RouterError(
      "training_data_invalid",
      `${path} cannot be read: ${reason}`,
      "Check the path; the file must be JSONL, or JSONL in gzip with a name that ends in .gz",
      { cause: thrown },
    );
  } finally {
    file.destroy();
  }
}

/** Lines without their ends, whatever the chunks are; the last needs no end. */
export async function* split(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  function add(part: Uint8Array): void {
    length += part.length;
    if (length > maxLineBytes) throw tooLong(number);
    parts.push(part);
  }
  function take(): string {
    const line = Buffer.concat(parts).toString("utf8");
    parts = [];
    length = 0;
    number++;
    return line;
  }
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(lineFeed); to >= 0; to = chunk.indexOf(lineFeed, from)) {
      add(chunk.subarray(from, to));
      yield take();
      from = to + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

const tooLong = (line: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `Line ${line} is longer than ${maxLineBytes / 1024 ** 2} MiB`,
    "Write one JSON record a line",
  );

import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { RouterError } from "../../errors.ts";
import { readLines } from "../../train/lines.ts";

/** A row of a data set: values by the names of its columns. */
export type TableRow = Readonly<Record<string, unknown>>;

/** A JSON array is read whole. */
const maxJsonBytes = 256 * 1024 ** 2;

/**
 * The rows of a file, by its name: JSON lines, a JSON array (or an object that holds one), CSV or TSV with a head,
 * Parquet, plain text (a row a line, as `text`); all but Parquet also in gzip. One row group, or a few lines, are in
 * memory at a time. Rejects with RouterError `training_data_invalid` that names the place.
 */
export async function* readTable(path: string): AsyncGenerator<TableRow> {
  const [, kind = ""] = /\.(\w+?)(?:\.gz)?$/.exec(path.toLowerCase()) ?? [];
  try {
    if (kind === "parquet") yield* parquetRows(path);
    else if (kind === "csv" || kind === "tsv") yield* separatedRows(path, kind);
    else if (kind === "txt" || kind === "en") yield* textRows(path);
    else if (kind === "json" && (await beginsWith(path, ["["]))) yield* jsonRows(path);
    else yield* jsonLines(path);
  } catch (thrown) {
    if (thrown instanceof RouterError) throw thrown;
    throw unreadable(path, thrown);
  }
}

async function* jsonLines(path: string): AsyncGenerator<TableRow> {
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() === "") continue;
    try {
      yield rowOf(JSON.parse(line));
    } catch {
      // One document over many lines is no JSONL, but it may be JSON.
      if (number > 1 || !/\.json(?:\.gz)?$/i.test(path))
        throw unreadable(`${path}: line ${number}`, notRow);
      yield* jsonRows(path);
      return;
    }
  }
}

const notRow = "is no JSON object";

async function* jsonRows(path: string): AsyncGenerator<TableRow> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(path)) {
    bytes += chunk.length;
    if (bytes > maxJsonBytes) {
      throw unreadable(
        path,
        `more than ${maxJsonBytes} bytes of one JSON document: write a row a line`,
      );
    }
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const rows = Array.isArray(value) ? value : Object.values(value ?? {}).find(Array.isArray);
  if (!Array.isArray(rows)) throw new Error("holds no list of rows");
  for (const [at, row] of rows.entries()) {
    if (typeof row !== "object" || row === null) throw unreadable(`${path}: row ${at + 1}`, notRow);
    yield rowOf(row);
  }
}

function rowOf(value: unknown): TableRow {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(notRow);
}

async function* separatedRows(path: string, kind: string): AsyncGenerator<TableRow> {
  const parser = parse({
    columns: true,
    bom: true,
    delimiter: kind === "csv" ? "," : "\t",
    max_record_size: 16 * 1024 ** 2,
    relax_column_count_less: true,
    ...(kind === "tsv" && { quote: null }),
  });
  const source = bytesOf(path);
  source.on("error", (cause) => parser.destroy(cause)).pipe(parser);
  try {
    for await (const row of parser) yield row as TableRow;
  } finally {
    source.destroy();
  }
}

async function* textRows(path: string): AsyncGenerator<TableRow> {
  for await (const text of readLines(path)) if (text.trim() !== "") yield { text };
}

async function* parquetRows(path: string): AsyncGenerator<TableRow> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    yield* await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
    rowStart = rowEnd;
  }
}

function bytesOf(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith(".gz")) return file;
  const bytes = createGunzip();
  // `pipe` carries data only: without this a missing file would wait for ever.
  file.on("error", (cause) => bytes.destroy(cause));
  return file.pipe(bytes);
}

/** Behind white space. Of a .gz nothing is known beforehand. */
async function beginsWith(path: string, marks: readonly string[]): Promise<boolean> {
  if (path.endsWith(".gz")) return false;
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
  const head = buffer.toString("utf8", 0, bytesRead).replace(/^\uFEFF/, "");
  return marks.some((mark) => head.trimStart().startsWith(mark));
}

const unreadable = (place: string, cause: unknown): RouterError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RouterError(
    "training_data_invalid",
    `${place}: ${reason}`,
    "Correct the file, fetch it again, or switch the data set off (enabled = false)",
    { cause },
  );
};

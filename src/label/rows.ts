import { createHash } from "node:crypto";
import { readLines } from "../train/lines.ts";

/** A record whose query may want a category. */
export interface Row {
  readonly line: string;
  readonly query: string;
  /** sha-256 of the query. */
  readonly hash: Buffer;
  /** As it stands in the record; undefined when there is none, or an empty one. */
  readonly category?: string;
  /** Of the file, this row included; of a packed file, of what is in it. */
  readonly bytesRead: number;
}

/** A line that is no record. */
export interface BadRow {
  /** Counted from 1. */
  readonly number: number;
  readonly problem: string;
  /** sha-256 of the line. */
  readonly hash: Buffer;
  readonly bytesRead: number;
}

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The lines of a JSONL file, plain or .gz, without the blank ones. Rejects with `training_data_invalid`. */
export async function* readRows(path: string): AsyncGenerator<Row | BadRow> {
  let number = 0;
  let bytesRead = 0;
  for await (const line of readLines(path)) {
    number++;
    bytesRead += Buffer.byteLength(line) + 1;
    if (line.trim() === "") continue;
    const row = rowOf(line);
    if (typeof row === "string") yield { number, problem: row, hash: hashOf(line), bytesRead };
    else yield { ...row, bytesRead };
  }
}

/** The row, or what is wrong with the line. */
function rowOf(line: string): Omit<Row, "bytesRead"> | string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return "is not a JSON object";
  }
  const { query, category } = fields as { query?: unknown; category?: unknown };
  if (query === undefined) return "query is missing";
  if (typeof query !== "string" || query.trim() === "") return "query is not a text";
  const named = typeof category === "string" && category.trim() !== "";
  return { line, query, hash: hashOf(query), ...(named && { category }) };
}

/** The same record with this category; nothing else of it changes, not even how a number is written. */
export function withCategory(line: string, category: string): string {
  const fields = exact.parse(line, asWritten) as Record<string, unknown>;
  if ("category" in fields) return JSON.stringify({ ...fields, category });
  const end = line.lastIndexOf("}");
  return `${line.slice(0, end)},"category":${JSON.stringify(category)}}`;
}

/** The JSON of ES2026, which this Node has and TypeScript does not know yet. */
const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** Numbers that JavaScript cannot hold, and the zero of 1.0, would be lost. */
const asWritten = (_: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === "number" && source !== undefined ? exact.rawJSON(source) : value;

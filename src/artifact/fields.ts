import type { z } from "zod";
import { RouterError } from "../errors.ts";
import type { Artifact } from "./artifact.ts";
import { type ByteSource, textSource } from "./byte-source.ts";
import { type Room, room } from "./growing.ts";
import { type JsonCursor, JsonFault, jsonCursor } from "./json-cursor.ts";
import { describeJsonFault, nameOf } from "./json-fault.ts";
import { walk } from "./json-walk.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a file says that it may not. `readModel` turns it into a RouterError that names the file and what to do. */
export class Refusal extends Error {
  readonly detail: string;
  constructor(detail: string) {
    super(detail);
    this.detail = detail;
  }
}

/** Reads one field's value, which is next; `field` names it in refusals. */
export type FieldReaders = Readonly<Record<string, (field: string) => void>>;

/** Names and descriptions are kilobytes; only the tables of numbers are large, and none of them is read whole. */
const maxWholeBytes = 8 * 2 ** 20;

/**
 * Reads the JSON of a file of `algorithm` by `read`. Throws RouterError `artifact_invalid`, in which `source` names the
 * file; `maxBytes` is what the numbers may occupy.
 */
export function readModel<T>(
  content: string | ByteSource,
  algorithm: Artifact["algorithm"],
  source: string,
  maxBytes: number,
  read: (cursor: JsonCursor, room: Room) => T,
): T {
  const bytes = typeof content === "string" ? textSource(content) : content;
  try {
    return read(jsonCursor(bytes), room(maxBytes, source));
  } catch (thrown) {
    if (thrown instanceof JsonFault) throw notJson(bytes, source);
    if (!(thrown instanceof Refusal)) throw thrown;
    const said = algorithmOf(bytes, source);
    // Upstream accepts any value in `algorithm`. So do we, but when the file then does not fit, it tells why.
    const remedy =
      typeof said === "string" && said !== algorithm
        ? `Use a file of ${algorithm} here: this one says algorithm ${shown(said)}`
        : repair;
    throw invalid(`${source}: ${thrown.detail}`, remedy);
  }
}

/**
 * Reads the whole of a file's one object: fields of `readers` by these, fields of `whole` into what is returned. All
 * others are passed, whatever they hold.
 */
export function readFile(
  cursor: JsonCursor,
  readers: FieldReaders,
  whole: readonly string[],
): JsonObject {
  if (cursor.next() !== 0x7b)
    throw new Refusal(`holds ${shown(readWhole(cursor, ""))}, not an object`);
  const file = readObject(cursor, readers, whole, "");
  if (cursor.next() !== -1) throw new JsonFault();
  return file;
}

/** As `readFile`, of an object within the file; `prefix` is `rbf_classifiers[2].`. */
export function readObject(
  cursor: JsonCursor,
  readers: FieldReaders,
  whole: readonly string[],
  prefix: string,
): JsonObject {
  const read: Record<string, unknown> = {};
  const seen = new Set<string>();
  cursor.take("{");
  if (cursor.took("}")) return read;
  do {
    const key = cursor.string();
    cursor.take(":");
    const field = `${prefix}${key}`;
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    const isWhole = whole.includes(key);
    if (!reader && !isWhole) {
      walk(cursor, []);
      continue;
    }
    if (seen.has(key)) throw new Refusal(`${field} occurs twice`);
    seen.add(key);
    if (reader) reader(field);
    else read[key] = readWhole(cursor, field);
  } while (cursor.took(","));
  cursor.take("}");
  return read;
}

/** Calls `item` before every element, with its index. */
export function readList(
  cursor: JsonCursor,
  field: string,
  item: (index: number, field: string) => void,
): void {
  if (cursor.next() !== 0x5b) throw notArray(cursor, field);
  cursor.pass();
  if (cursor.took("]")) return;
  let index = 0;
  do item(index, `${field}[${index++}]`);
  while (cursor.took(","));
  cursor.take("]");
}

export const notArray = (cursor: JsonCursor, field: string): Refusal =>
  new Refusal(`${field} is ${shown(readWhole(cursor, field))}, not an array`);

/** A value as JSON.parse gives it, in which no object has a key twice. */
export function readWhole(cursor: JsonCursor, field: string): unknown {
  cursor.next();
  cursor.keep(maxWholeBytes);
  walk(cursor, [], (path) => {
    throw new Refusal(
      `${field}${path.length > 0 && field !== "" ? "." : ""}${nameOf(path)} occurs twice`,
    );
  });
  const bytes = cursor.kept();
  if (bytes) return JSON.parse(Buffer.from(bytes).toString());
  throw new Refusal(`${field === "" ? "it" : field} has more than ${maxWholeBytes / 2 ** 20} MiB`);
}

/** For small fields. `prefix` is the field that holds `value`: `rbf_classifiers[2].`. */
export function checkFields<T extends z.ZodType>(
  schema: T,
  value: unknown,
  prefix = "",
): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String) ?? [];
  const found = path.reduce<unknown>((inner, key) => (inner as JsonObject)?.[key], value);
  const name = `${prefix}${path.join(".")}`;
  if (found === undefined) throw new Refusal(`${name} is missing`);
  throw new Refusal(`${name} is ${shown(found)}: ${issue?.message}`);
}

export function checkList(value: unknown, field: string): readonly unknown[] {
  if (value === undefined) throw new Refusal(`${field} is missing`);
  if (!Array.isArray(value)) throw new Refusal(`${field} is ${shown(value)}, not an array`);
  return value;
}

export const checkStrings = (value: unknown, field: string): readonly string[] =>
  checkList(value, field).map((item, index) => checkString(item, `${field}[${index}]`));

export function checkString(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new Refusal(`${field} is ${shown(value)}, not a string`);
}

export function checkFinite(value: unknown, field: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Refusal(`${field} is ${shown(value)}, not a finite number`);
}

const repair = "Download or train the file again";

const invalid = (detail: string, remedy: string): RouterError =>
  new RouterError("artifact_invalid", detail, remedy);

function notJson(bytes: ByteSource, source: string): RouterError {
  const fault = describeJsonFault(bytes);
  const remedy = /"-?(NaN|Infinity|inf|nan)"/.test(fault)
    ? "Remove the records with numbers that are not finite and train again"
    : repair;
  return invalid(`${source}: not JSON, ${fault}`, remedy);
}

/** Passes over the file again. What is no JSON further on is said first, as nothing of such a file can be trusted. */
function algorithmOf(bytes: ByteSource, source: string): unknown {
  bytes.rewind();
  const cursor = jsonCursor(bytes);
  let algorithm: unknown;
  try {
    if (cursor.next() !== 0x7b) walk(cursor, []);
    else {
      readObject(cursor, { algorithm: () => (algorithm ??= nextString(cursor)) }, [], "");
    }
    if (cursor.next() !== -1) throw new JsonFault();
    return algorithm;
  } catch (thrown) {
    if (thrown instanceof Refusal) return algorithm;
    if (thrown instanceof JsonFault) throw notJson(bytes, source);
    throw thrown;
  }
}

function nextString(cursor: JsonCursor): string | undefined {
  if (cursor.next() === 0x22) return cursor.string();
  walk(cursor, []);
  return undefined;
}

/** A value of a file as a message may show it: never long. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

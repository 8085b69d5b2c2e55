import type { z } from "zod";
import { RouterError } from "../errors.ts";
import { type Matrix, narrowed } from "../math/matrix.ts";
import type { Artifact } from "./artifact.ts";
import { describeJsonFault } from "./json-fault.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Rows {
  /** Row-major. */
  readonly numbers: Matrix;
  readonly count: number;
  /** 0 when there is no row. */
  readonly dimension: number;
}

/** Reads the fields of one model file. Every refusal names `source`, the field and the index. */
export interface FieldReader {
  readonly file: JsonObject;
  refusal(detail: string): RouterError;
  /** For small fields. `prefix` is the field that holds `value`: `rbf_classifiers[2].`. */
  fields<T extends z.ZodType>(schema: T, value: unknown, prefix?: string): z.infer<T>;
  list(value: unknown, field: string): readonly unknown[];
  strings(value: unknown, field: string): readonly string[];
  numbers(value: unknown, field: string): Float64Array;
  /** Rows of one length. By hand: files reach hundreds of megabytes, and zod keeps a copy. */
  rows(value: unknown, field: string): Rows;
}

/** Opens the text of a file of `algorithm`; `source` is its path or name. */
export function readFields(
  text: string,
  algorithm: Artifact["algorithm"],
  source: string,
): FieldReader {
  const file = parseObject(text, source);
  // Upstream accepts any value in `algorithm`. So do we, but when the file then does not fit, it tells why.
  const remedy =
    typeof file["algorithm"] === "string" && file["algorithm"] !== algorithm
      ? `Use a file of ${algorithm} here: this one says algorithm ${shown(file["algorithm"])}`
      : repair;
  const refusal = (detail: string) => invalid(`${source}: ${detail}`, remedy);

  function fields<T extends z.ZodType>(schema: T, value: unknown, prefix = ""): z.infer<T> {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const path = issue?.path.map(String) ?? [];
    const found = path.reduce<unknown>((inner, key) => (inner as JsonObject)?.[key], value);
    const name = `${prefix}${path.join(".")}`;
    if (found === undefined) throw refusal(`${name} is missing`);
    throw refusal(`${name} is ${shown(found)}: ${issue?.message}`);
  }

  function list(value: unknown, field: string): readonly unknown[] {
    if (value === undefined) throw refusal(`${field} is missing`);
    if (!Array.isArray(value)) throw refusal(`${field} is ${shown(value)}, not an array`);
    return value;
  }

  function strings(value: unknown, field: string): readonly string[] {
    return list(value, field).map((item, index) => {
      if (typeof item === "string") return item;
      throw refusal(`${field}[${index}] is ${shown(item)}, not a string`);
    });
  }

  function fill(target: Float64Array, from: number, row: readonly unknown[], field: string): void {
    for (let i = 0; i < row.length; i++) {
      const value = row[i];
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw refusal(`${field}[${i}] is ${shown(value)}, not a finite number`);
      }
      target[from + i] = value;
    }
  }

  function numbers(value: unknown, field: string): Float64Array {
    const items = list(value, field);
    const read = new Float64Array(items.length);
    fill(read, 0, items, field);
    return read;
  }

  function rows(value: unknown, field: string): Rows {
    const items = list(value, field);
    if (items.length === 0) return { numbers: new Float32Array(0), count: 0, dimension: 0 };
    const dimension = list(items[0], `${field}[0]`).length;
    if (dimension === 0) throw refusal(`${field}[0] is empty`);
    const read = new Float64Array(items.length * dimension);
    items.forEach((item, index) => {
      const row = list(item, `${field}[${index}]`);
      if (row.length !== dimension) {
        throw refusal(`${field}[${index}] has length ${row.length}, ${field}[0] has ${dimension}`);
      }
      fill(read, index * dimension, row, `${field}[${index}]`);
    });
    return { numbers: narrowed(read), count: items.length, dimension };
  }

  return { file, refusal, fields, list, strings, numbers, rows };
}

const repair = "Download or train the file again";

const invalid = (detail: string, remedy: string): RouterError =>
  new RouterError("artifact_invalid", detail, remedy);

function parseObject(text: string, source: string): JsonObject {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    const fault = describeJsonFault(text);
    const remedy = /"-?(NaN|Infinity|inf|nan)"/.test(fault)
      ? "Remove the records with numbers that are not finite and train again"
      : repair;
    throw invalid(`${source}: not JSON, ${fault}`, remedy);
  }
  if (typeof file === "object" && file !== null && !Array.isArray(file)) return file as JsonObject;
  throw invalid(`${source}: holds ${shown(file)}, not an object`, repair);
}

/** A value of a file as a message may show it: never long. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * What vllm-project/semantic-router's Rust really selects; see fixtures/goldens/README.md. Its sets are read here so
 * that every implementation of a selector can be held against the same answers.
 */
const fixtures = join(import.meta.dirname, "..", "fixtures", "goldens");

/** Beside the checkout, on machines that have it. */
const shared = join(import.meta.dirname, "..", "..", "..", "..", "shared", "goldens");

type Json = number | "NaN" | "Infinity" | "-Infinity";

interface Recipe {
  readonly len?: number;
  readonly fill?: Json;
  readonly row?: number;
  readonly set?: readonly (readonly [number, Json])[];
}

export interface Expected {
  readonly id: number;
  readonly kind: string;
  /** A model, `!err <text>` or `!panic <text>`. */
  readonly selected: string;
  /** knn: what any order of equally distant rows can select; null where that is too much to list. */
  readonly allowed?: readonly string[] | null;
  readonly detail?: { readonly scores?: unknown } | null;
}

export interface GoldenQuery {
  readonly id: number;
  readonly x: Float64Array;
}

export interface EdgeCase {
  readonly name: string;
  readonly algorithm: "knn" | "kmeans" | "svm";
  readonly model?: unknown;
  readonly model_text?: string;
  readonly queries: readonly (readonly Json[])[];
  readonly expected: {
    /** `ok` or `!err <text>` */
    readonly load: string;
    readonly is_trained?: boolean;
    /** By query; an array where upstream leaves it to chance. */
    readonly selected?: readonly (string | readonly string[])[];
  };
}

const dimension = 1038;

export const toNumbers = (values: readonly Json[]): number[] => values.map(Number);

/** Folder of a set, or undefined when only the shared goldens have it and they are not here. */
export const goldenFolder = (set: string): string | undefined =>
  [join(fixtures, set), join(shared, set)].find((folder) => existsSync(folder));

const readJson = <T>(folder: string, name: string): T =>
  JSON.parse(readFileSync(join(folder, name), "utf8")) as T;

/** Text of `<name>_model.json`, plain or gzipped. */
export function goldenModel(folder: string, name: string): string {
  const path = join(folder, `${name}_model.json`);
  return existsSync(path)
    ? readFileSync(path, "utf8")
    : gunzipSync(readFileSync(`${path}.gz`)).toString("utf8");
}

export const goldenAnswers = (folder: string): Readonly<Record<string, readonly Expected[]>> =>
  readJson(folder, "expected.json");

export function goldenQueries(folder: string): readonly GoldenQuery[] {
  const bytes = readFileSync(join(folder, "queries.f32"));
  const rows = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
  const row = (index: number) =>
    Float64Array.from(rows.subarray(index * dimension, (index + 1) * dimension));
  const queries = readJson<readonly { id: number; row?: number; recipe?: Recipe }[]>(
    folder,
    "queries.json",
  );
  return queries.map(({ id, recipe, ...plain }) => {
    const { row: start = plain.row, len = 0, fill = 0, set = [] } = recipe ?? {};
    const x = start === undefined ? new Float64Array(len).fill(Number(fill)) : row(start);
    for (const [index, value] of set) x[index] = Number(value);
    return { id, x };
  });
}

export const edgeCases = (): readonly EdgeCase[] => readJson(join(fixtures, "edge"), "cases.json");

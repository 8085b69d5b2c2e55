import type { Examples } from "../train/examples.ts";
import { splitPlace } from "../train/split.ts";

/** Queries to judge on, and what each model's answer to them was worth. */
export interface HeldOut extends Examples {
  /** The domain that serving would route each query on: the classifier's. `categories` are the records'. */
  readonly predicted: readonly string[];
  /** Unit embeddings of the queries, row-major. */
  readonly vectors: Float32Array;
}

/** The rows of queries that are for testing, and of the others. */
export function splitByQuery(
  queries: readonly string[],
  share: number,
  seed: number,
): { readonly test: readonly number[]; readonly rest: readonly number[] } {
  const test: number[] = [];
  const rest: number[] = [];
  queries.forEach((query, row) => {
    (splitPlace(query, seed) < share ? test : rest).push(row);
  });
  return { test, rest };
}

/** The queries at `rows` only, in that order. */
export function examplesAt(examples: Examples, rows: readonly number[]): Examples {
  const { queries, categories, models, qualities, latencies, costs } = examples;
  const texts = <T>(list: readonly T[]): T[] => rows.map((row) => list[row] as T);
  const table = (values: Float64Array): Float64Array => rowsOf(values, models.length, rows);
  return {
    queries: texts(queries),
    categories: texts(categories),
    models,
    qualities: table(qualities),
    ...(latencies && { latencies: table(latencies) }),
    ...(costs && { costs: table(costs) }),
  };
}

export function rowsOf<T extends Float32Array | Float64Array>(
  values: T,
  width: number,
  rows: readonly number[],
): T {
  const Table = values.constructor as new (length: number) => T;
  const picked = new Table(rows.length * width);
  rows.forEach((row, at) => {
    picked.set(values.subarray(row * width, (row + 1) * width), at * width);
  });
  return picked;
}

/** Rows with answers of two models or more: with one there is nothing to choose. */
export const choosable = ({ queries, models, qualities }: Examples): readonly number[] =>
  [...queries.keys()].filter((row) => answered({ models, qualities }, row).length > 1);

/** Indices of the models that answered the query of `row`. */
export function answered(
  { models, qualities }: Pick<Examples, "models" | "qualities">,
  row: number,
): readonly number[] {
  const known: number[] = [];
  for (let model = 0; model < models.length; model++) {
    if (!Number.isNaN(qualities[row * models.length + model])) known.push(model);
  }
  return known;
}

import type { Matrix } from "../math/matrix.ts";

/** JSON of rows of `vectors`, in the order of `indices`. A row at a time: boxed at once they would not fit. */
export function rowsToJSON(vectors: Matrix, dimension: number, indices: Iterable<number>): string {
  const rows: string[] = [];
  for (const index of indices) {
    rows.push(numbersToJSON(vectors.subarray(index * dimension, (index + 1) * dimension)));
  }
  return `[${rows.join(",")}]`;
}

export const numbersToJSON = (numbers: ArrayLike<number>): string =>
  JSON.stringify(Array.from(numbers));

/** A JSON object of fields that are JSON already; undefined ones are left out. */
export function objectToJSON(fields: Readonly<Record<string, string | undefined>>): string {
  const written = Object.entries(fields)
    .filter(([, json]) => json !== undefined)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return `{${written.join(",")}}`;
}

import { RouterError } from "../errors.ts";

/**
 * `x` in double precision, in which every selector computes: the reference's margins get as small as 1e-8. Throws
 * RouterError `selector_invalid_input`. A `dimension` of 0 is that of a model without vectors: any length will do.
 */
export function checkedQuery(x: ArrayLike<number>, dimension: number): Float64Array {
  // A caller without types may pass nothing at all.
  const length: number | undefined = x?.length;
  if (length === undefined || (dimension > 0 && length !== dimension)) {
    throw new RouterError(
      "selector_invalid_input",
      `The feature vector has ${length} numbers, the model's have ${dimension}`,
      "Use the embedder and the categories that the model was trained with",
    );
  }
  for (let i = 0; i < length; i++) {
    if (Number.isFinite(x[i])) continue;
    throw new RouterError(
      "selector_invalid_input",
      `Number ${i} of the feature vector is ${String(x[i])}`,
      "Pass finite numbers only; the embedder that gave this one is at fault",
    );
  }
  return new Float64Array(x);
}

/**
 * `x` as it is when its length is right and it holds nothing but numbers, not all of which need be finite; else as
 * `checkedQuery`.
 */
export const typedQuery = (x: ArrayLike<number>, dimension: number): Float32Array | Float64Array =>
  (x instanceof Float32Array || x instanceof Float64Array) && x.length === dimension
    ? x
    : checkedQuery(x, dimension);

/** How many feature vectors `rows` holds. Throws RouterError `selector_invalid_input` when it is no whole number. */
export function checkedBatch(rows: Float32Array, dimension: number): number {
  const count = dimension === 0 ? 0 : rows.length / dimension;
  if (Number.isInteger(count)) return count;
  throw new RouterError(
    "selector_invalid_input",
    `${rows.length} numbers are no whole number of feature vectors, which have ${dimension}`,
    "Pass the vectors one after the other, each whole",
  );
}

/** For a query with no neighbour at a finite distance: any choice would be an accident. */
export const tooFar = (): RouterError =>
  new RouterError(
    "selector_invalid_input",
    "The feature vector is so long that its squared distances overflow",
    "Pass a vector about as long as those that the model was trained with",
  );

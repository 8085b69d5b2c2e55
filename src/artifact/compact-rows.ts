import { RouterError } from "../errors.ts";
import type { Matrix } from "../math/matrix.ts";
import type { CompactReader } from "./compact-file.ts";
import { isDtype } from "./compact-file.ts";
import type { Tensor } from "./safetensors.ts";
import { narrowest } from "./safetensors-dtype.ts";
import { tensor } from "./safetensors-write.ts";

/** How vectors are kept: as they are, or the embedding as bytes with a scale a row, in a quarter of the space. */
export type Precision = "float32" | "int8";

/** Of a one-hot without a one, as upstream's for a category that it does not know at all. */
const noCategory = 255;

const maxByte = 127;

/** Rows as `vectors`, to be read in place; or rounded, in parts. */
export const encodeRows = (
  rows: Matrix,
  dimension: number,
  categories: number,
  precision: Precision,
): Readonly<Record<string, Tensor>> =>
  precision === "float32"
    ? { vectors: tensor(rows, dimension) }
    : encodeBytes(rows, dimension, categories);

/**
 * Feature vectors without their zeros: the embedding, which category is set, and to what (1, or less where the vector
 * was scaled to length 1; left out when it is 1 everywhere).
 */
function encodeBytes(
  rows: Matrix,
  dimension: number,
  categories: number,
): Readonly<Record<string, Tensor>> {
  const width = dimension - categories;
  const count = dimension === 0 ? 0 : rows.length / dimension;
  const embeddings = new Float32Array(count * width);
  const category = new Uint8Array(count).fill(noCategory);
  const levels = new Float64Array(count).fill(1);
  for (let row = 0; row < count; row++) {
    const x = rows.subarray(row * dimension, (row + 1) * dimension);
    embeddings.set(x.subarray(0, width), row * width);
    for (let slot = 0; slot < categories; slot++) {
      const level = x[width + slot] as number;
      if (level === 0) continue;
      if (category[row] !== noCategory) throw notOneHot(row);
      category[row] = slot;
      levels[row] = level;
    }
  }
  return {
    ...encodeEmbeddings(embeddings, width),
    categories: tensor(category),
    ...(levels.some((level) => level !== 1) && { levels: tensor(narrowest(levels)) }),
  };
}

function encodeEmbeddings(
  embeddings: Float32Array,
  width: number,
): Readonly<Record<string, Tensor>> {
  const scales = new Float32Array(width === 0 ? 0 : embeddings.length / width);
  const bytes = new Int8Array(embeddings.length);
  scales.forEach((_, row) => {
    const x = embeddings.subarray(row * width, (row + 1) * width);
    const scale = Math.fround(
      x.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / maxByte,
    );
    scales[row] = scale;
    if (scale === 0) return;
    bytes.set(
      Int8Array.from(x, (value) =>
        Math.max(-maxByte, Math.min(maxByte, Math.round(value / scale))),
      ),
      row * width,
    );
  });
  return { embeddings: tensor(bytes, width), scales: tensor(scales) };
}

/** The feature vectors, `width` + `categories` numbers each. Float32 and float64 ones are views of the file's bytes. */
export function decodeRows(read: CompactReader, width: number, categories: number): Matrix {
  const dimension = width + categories;
  if (!read.has("vectors")) return decodeBytes(read, width, categories);
  const { values } = read.tensor("vectors", [undefined, dimension]);
  if (values instanceof Float32Array || values instanceof Float64Array) return values;
  throw read.refusal("tensor vectors is neither F32 nor F64");
}

function decodeBytes(read: CompactReader, width: number, categories: number): Float32Array {
  const { values: stored, shape } = read.tensor("embeddings", [undefined, width]);
  const [count = 0] = shape;
  const { values: scales } = read.tensor("scales", [count]);
  const category = read.tensor("categories", [count]);
  if (!isDtype(category, "U8")) throw read.refusal("tensor categories is no U8");
  const levels = read.has("levels") ? read.tensor("levels", [count]).values : undefined;
  const dimension = width + categories;
  read.room.take(count * dimension * Float32Array.BYTES_PER_ELEMENT);
  const rows = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const scale = scales[row] as number;
    for (let i = 0; i < width; i++) {
      rows[row * dimension + i] = (stored[row * width + i] as number) * scale;
    }
    const slot = category.values[row] as number;
    if (slot === noCategory) continue;
    if (slot >= categories) throw read.refusal(`categories[${row}] is ${slot} of ${categories}`);
    rows[row * dimension + width + slot] = levels ? (levels[row] as number) : 1;
  }
  return rows;
}

const notOneHot = (row: number): RouterError =>
  new RouterError(
    "artifact_invalid",
    `Vector ${row} has more than one category set, so it has no compact form`,
    "Write it as JSON, or with --precision float32",
  );

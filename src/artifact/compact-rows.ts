import { RouterError } from "../errors.ts";
import type { Matrix } from "../math/matrix.ts";
import type { CompactReader } from "./compact-file.ts";
import { isDtype } from "./compact-file.ts";
import type { Tensor } from "./safetensors.ts";
import { narrowest } from "./safetensors-dtype.ts";
import { tensor } from "./safetensors-write.ts";

/** How the embedding's numbers are kept: bytes with a scale a row, halves, or as they are. */
export type RowStorage = "I8" | "F16" | "F32";

/** Of a one-hot without a one, as upstream's for a category that it does not know at all. */
const noCategory = 255;

const maxByte = 127;

/**
 * Feature vectors without their zeros: the embedding, which category is set, and to what (1, or less where the vector
 * was scaled to length 1; left out when it is 1 everywhere).
 */
export function encodeRows(
  rows: Matrix,
  dimension: number,
  categories: number,
  storage: RowStorage,
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
    ...encodeEmbeddings(embeddings, width, storage),
    categories: tensor(category),
    ...(levels.some((level) => level !== 1) && { levels: tensor(narrowest(levels)) }),
  };
}

function encodeEmbeddings(
  embeddings: Float32Array,
  width: number,
  storage: RowStorage,
): Readonly<Record<string, Tensor>> {
  if (storage === "F32") return { embeddings: tensor(embeddings, width) };
  if (storage === "F16") return { embeddings: tensor(Float16Array.from(embeddings), width) };
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

/** The feature vectors, `width` + `categories` numbers each. */
export function decodeRows(read: CompactReader, width: number, categories: number): Float32Array {
  const { values: stored, shape, dtype } = read.tensor("embeddings", [undefined, width]);
  const [count = 0] = shape;
  const scales = dtype === "I8" ? read.tensor("scales", [count]).values : undefined;
  const category = read.tensor("categories", [count]);
  if (!isDtype(category, "U8")) throw read.refusal("tensor categories is no U8");
  const levels = read.has("levels") ? read.tensor("levels", [count]).values : undefined;
  const dimension = width + categories;
  const rows = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const scale = scales ? (scales[row] as number) : 1;
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
    "Write the file as JSON",
  );

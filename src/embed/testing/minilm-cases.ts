import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Written by scripts/embedder/goldens.py: what Python makes of 200 texts. */
interface MinilmCase {
  readonly kind: string;
  readonly text: string;
  /** Of the Rust tokenizer, nothing cut. */
  readonly ids: readonly number[];
  /** The 384 numbers of Python's onnxruntime; absent for texts of more than 256 tokens. */
  readonly vector?: Float32Array;
}

const fixtures = join(import.meta.dirname, "../fixtures");
const { cases, dimension } = JSON.parse(
  readFileSync(join(fixtures, "minilm-2l-parity.json"), "utf8"),
) as { cases: (Omit<MinilmCase, "vector"> & { row: number | null })[]; dimension: number };
const rows = new Float32Array(
  Uint8Array.from(readFileSync(join(fixtures, "minilm-2l-parity.f32"))).buffer,
);

export const minilmCases: readonly MinilmCase[] = cases.map(({ kind, text, ids, row }) =>
  row === null
    ? { kind, text, ids }
    : { kind, text, ids, vector: rows.subarray(row * dimension, (row + 1) * dimension) },
);

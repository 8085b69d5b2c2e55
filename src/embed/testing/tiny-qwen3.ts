import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Two layers of Qwen3 with random weights, exported as the hub's: GroupQueryAttention, position_ids, a cache of keys
 * and values. Laid out as a hub folder, without provenance.json.
 */
export const tinyQwen3Folder = join(import.meta.dirname, "../fixtures/tiny-qwen3");

/** What the Rust tokenizer and PyTorch make of each text alone: unit vectors of the last token. */
export const qwen3Cases = JSON.parse(
  readFileSync(join(tinyQwen3Folder, "golden.json"), "utf8"),
) as readonly { readonly text: string; readonly ids: number[]; readonly vector: number[] }[];

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Made by scripts/embedder/fixtures.py; `vector` is PyTorch's, of the model's own width. */
export interface EncoderCase {
  readonly text: string;
  readonly ids: readonly number[];
  readonly vector: readonly number[];
}

const fixtures = join(import.meta.dirname, "../fixtures");

/** BERT: cls pooling, token_type_ids, weights beside the graph. */
export const tinyBertFolder = join(fixtures, "tiny-bert");

/** MPNet: mean pooling, `<s>` and `</s>`, 48 tokens by sentence_bert_config.json. */
export const tinyMpnetFolder = join(fixtures, "tiny-mpnet");

export const casesOf = (folder: string): readonly EncoderCase[] =>
  JSON.parse(readFileSync(join(folder, "golden.json"), "utf8"));

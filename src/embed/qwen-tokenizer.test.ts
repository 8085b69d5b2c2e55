import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTokenizer } from "./tokenize.ts";

/** Made by scripts/embedder/qwen_tokenizer.py: the vocabulary of 151,643 tokens is not ours to keep here. */
const folder = join(import.meta.dirname, "../../.cache/qwen-tokenizer");

test("Qwen's own tokenizer: 10,000 texts as the Rust tokenizer has them", ({ skip }) => {
  if (!existsSync(join(folder, "ids.jsonl"))) {
    const reason = `Qwen's tokenizer is not checked: ${folder} is made by scripts/embedder/qwen_tokenizer.py`;
    console.warn(reason);
    skip(reason);
  }
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  // Long enough that nothing is cut.
  const tokenize = openTokenizer(read("tokenizer.json"), read("tokenizer_config.json"), 1_000_000);
  const cases: readonly { readonly text: string; readonly ids: readonly number[] }[] = read(
    "ids.jsonl",
  )
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(cases.length).toBeGreaterThanOrEqual(10_000);
  const differing = cases.filter(({ text, ids }) => tokenize(text).ids.join() !== ids.join());
  expect(differing).toEqual([]);
}, 120_000);

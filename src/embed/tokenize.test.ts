import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultEmbedderFolder } from "./built-in.ts";
import { minilmCases } from "./testing/minilm-cases.ts";
import { qwen3Cases, tinyQwen3Folder } from "./testing/tiny-qwen3.ts";
import { openTokenizer } from "./tokenize.ts";

const open = (folder: string, maxTokens: number) => {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  return openTokenizer(read("tokenizer.json"), read("tokenizer_config.json"), maxTokens);
};
const minilm = open(defaultEmbedderFolder, 256);
const unlimited = open(defaultEmbedderFolder, 4096);
const [cls, sep] = [101, 102];

test.each(minilmCases)("$kind: as the Rust tokenizer, $ids.length ids", ({ text, ids }) => {
  expect(unlimited(text)).toEqual({ ids, truncated: false });
});

test.each(qwen3Cases)("byte-level BPE as the Rust tokenizer: $text", ({ text, ids }) => {
  expect(open(tinyQwen3Folder, 512)(text).ids).toEqual(ids);
});

test("a long text keeps its first and last tokens between the special ones", () => {
  const numbers = Array.from({ length: 400 }, (_, i) => `${i}`).join(" ");
  const all = unlimited(numbers).ids.slice(1, -1);
  const { ids, truncated } = minilm(numbers);
  expect(truncated).toBe(true);
  expect(ids).toEqual([cls, ...all.slice(0, 127), ...all.slice(-127), sep]);
});

test.each([
  { words: 254, truncated: false },
  { words: 255, truncated: true },
])("$words words of one token: truncated is $truncated", ({ words, truncated }) => {
  const tokens = minilm("the ".repeat(words));
  expect(tokens.truncated).toBe(truncated);
  expect(tokens.ids).toHaveLength(256);
});

test("of 16 MB only head and tail are read", () => {
  const text = `beginning ${"middle ".repeat(2_300_000)}end`;
  const { ids, truncated } = minilm(text);
  expect(truncated).toBe(true);
  expect(ids).toHaveLength(256);
  expect(ids.slice(0, 2)).toEqual(minilm("beginning").ids.slice(0, 2));
  expect(ids.slice(-2)).toEqual(minilm("end").ids.slice(-2));
});

test("half a surrogate pair is read as any character that is unknown", () => {
  expect(minilm("a \ud83d b")).toEqual(minilm("a \ufffd b"));
});

test("an empty text is its special tokens", () => {
  expect(minilm("").ids).toEqual([cls, sep]);
});

test("a prefix stays at the head of a text that is cut", () => {
  const read = (file: string) => readFileSync(join(defaultEmbedderFolder, file), "utf8");
  const prefixed = openTokenizer(
    read("tokenizer.json"),
    read("tokenizer_config.json"),
    16,
    "query: ",
  );
  const { ids, truncated } = prefixed("long ".repeat(1000));
  expect(truncated).toBe(true);
  expect(ids.slice(0, 3)).toEqual(minilm("query:").ids.slice(0, 3));
  expect(prefixed("short").ids).toEqual(minilm("query: short").ids);
});

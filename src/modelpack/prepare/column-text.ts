import type { TableRow } from "./read-table.ts";

/** Where data sets keep their texts, the likeliest first. */
const textColumns = [
  ...["text", "utt", "query", "question", "prompt", "instruction", "content", "title"],
  ...["premise", "hypothesis", "sentence1", "sentence2", "sentence", "source_text", "target_text"],
  ...["anchor", "positive", "document", "body"],
];

/** A column's text; undefined when it is missing, empty or no text. A dot leads into a nested value: `a.0.b`. */
export function textIn(row: TableRow, column: string): string | undefined {
  let value: unknown = row;
  for (const part of column in row ? [column] : column.split(".")) {
    value = Object(value)[part];
  }
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** Up to three texts that a row offers as seeds for an LLM. */
export function seedTexts(row: TableRow): readonly string[] {
  const plain = textColumns
    .map((column) => textIn(row, column))
    .filter((text) => text !== undefined);
  return [...plain, ...turns(row), ...choices(row)].slice(0, mostSeeds);
}

const mostSeeds = 3;

/** Two texts of one row that have to do with each other. */
export function seedPair(row: TableRow): readonly [string, string] | undefined {
  for (const [one, other] of pairColumns) {
    const [a, b] = [textIn(row, one), textIn(row, other)];
    if (a !== undefined && b !== undefined) return [a, b];
  }
  const [first, second] = turns(row);
  return first !== undefined && second !== undefined ? [first, second] : undefined;
}

const pairColumns = [
  ["premise", "hypothesis"],
  ["sentence1", "sentence2"],
  ["anchor", "positive"],
  ["question1", "question2"],
  ["query", "passages.passage_text.0"],
  ["text_a", "text_b"],
  ["chosen", "rejected"],
] as const;

/** The first turns of a conversation. */
const turns = ({ messages }: TableRow): readonly string[] =>
  Array.isArray(messages)
    ? messages.slice(0, mostSeeds).flatMap((turn) => textIn(Object(turn), "content") ?? [])
    : [];

const choices = (row: TableRow): readonly string[] =>
  ["chosen", "rejected"].flatMap((column) => textIn(row, column) ?? []);

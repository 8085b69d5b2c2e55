import { z } from "zod";
import { RouterError } from "../errors.ts";
import type { Family } from "../tasks.ts";

/**
 * The contract between `modelpack prepare`, which writes these files, and `modelpack train`, which reads them. File and
 * column names are the reference's; `group` and `license` are ours.
 */
export const splits = ["train", "test", "eval"] as const;
export type Split = (typeof splits)[number];

export const preparedFormats = ["jsonl.gz", "parquet"] as const;

/** `router_train.jsonl.gz` ... in `prepared_dir`; beside them `manifest.json`. */
export const preparedFileName = (
  family: Family,
  split: Split,
  format: (typeof preparedFormats)[number] = "jsonl.gz",
): string => `${family}_${split}.${format}`;

export const preparedManifestName = "manifest.json";

/** Characters (UTF-16 units) that a text keeps, by the number of texts of its row. */
export const maxTextLength = { single: 1000, pair: 700 } as const;

const common = {
  task: z.string(),
  label: z.string(),
  /** `hf:snli`, `llm:<task>:<label>`, `local:<split>`, `prepared:<family>:<split>`. */
  source: z.string().default("unknown"),
  /** Rows of one premise, query or seed: they never stand on two sides of a split. */
  group: z.string().optional(),
  /** SPDX name of what the row was taken from. */
  license: z.string().optional(),
};

export const SingleRow = z.object({ text: z.string(), ...common });
export type SingleRow = z.infer<typeof SingleRow>;

export const PairRow = z.object({ text_a: z.string(), text_b: z.string(), ...common });
export type PairRow = z.infer<typeof PairRow>;

export type PreparedRow = SingleRow | PairRow;

export const isPair = (row: PreparedRow): row is PairRow => "text_a" in row;

/** One text, or two. */
export const textsOf = (row: PreparedRow): readonly [string] | readonly [string, string] =>
  isPair(row) ? [row.text_a, row.text_b] : [row.text];

/** The row with what `cleanText` makes of its texts; one that is empty afterwards says nothing. */
export const cleaned = (row: PreparedRow): PreparedRow =>
  isPair(row)
    ? {
        ...row,
        text_a: cleanText(row.text_a, maxTextLength.pair),
        text_b: cleanText(row.text_b, maxTextLength.pair),
      }
    : { ...row, text: cleanText(row.text, maxTextLength.single) };

/** One line of a prepared file. `place` names it in the RouterError `training_data_invalid`. */
export function parsePreparedRow(family: Family, line: string, place: string): PreparedRow {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw invalid(`${place} is not JSON`, { cause });
  }
  const parsed = (family === "pair" ? PairRow : SingleRow).safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${place}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/**
 * What a text becomes before it is stored, learnt from or judged: NUL and runs of white space are one space, a lone
 * surrogate is U+FFFD, the ends are trimmed and the rest is cut, never within a character.
 */
export function cleanText(text: string, maxLength: number): string {
  // What is cut off need not be read: a megabyte costs no more than its beginning, unless that is all white space.
  const head = text.length > 8 * maxLength ? cutAt(text.trimStart(), 8 * maxLength) : text;
  const clean = head
    .toWellFormed()
    .replace(/[\s\0]+/g, " ")
    .trim();
  return clean.length <= maxLength ? clean : cutAt(clean, maxLength).trimEnd();
}

/** Never between the halves of one character. */
function cutAt(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, isHalf ? length - 1 : length);
}

const invalid = (detail: string, options?: ErrorOptions): RouterError =>
  new RouterError(
    "training_data_invalid",
    detail,
    "Correct the row, or write the files again with signalbox modelpack prepare",
    options,
  );

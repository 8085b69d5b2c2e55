import { createHash } from "node:crypto";
import { labelKey } from "../../tasks.ts";
import { type PreparedRow, textsOf } from "../rows.ts";

/** The rows of one family, without duplicates and with at most so many of each label. */
export interface RowPool {
  /** `elsewhere`: the same text has another label of the task, which only rows from data sets may have. */
  add(row: PreparedRow): "added" | "duplicate" | "elsewhere" | "full";
  count(task: string, label: string): number;
  readonly rows: readonly PreparedRow[];
}

export function rowPool(maxPerLabel: number): RowPool {
  const rows: PreparedRow[] = [];
  const labelled = new Set<string>();
  const texts = new Set<string>();
  const counts = new Map<string, number>();
  return {
    rows,
    count: (task, label) => counts.get(labelKey(task, label)) ?? 0,
    add(row) {
      const name = labelKey(row.task, row.label);
      const count = counts.get(name) ?? 0;
      const key = hashed(row.task, row.label, ...normalTexts(row));
      if (labelled.has(key)) return "duplicate";
      const text = hashed(row.task, ...normalTexts(row));
      if (row.source.startsWith("llm:") && texts.has(text)) return "elsewhere";
      if (count >= maxPerLabel) return "full";
      labelled.add(key);
      texts.add(text);
      counts.set(name, count + 1);
      rows.push(row);
      return "added";
    },
  };
}

/** As duplicates are told: in lower case. White space is even already. */
export const normalTexts = (row: PreparedRow): readonly string[] =>
  textsOf(row).map((text) => text.toLowerCase());

/** 96 bits: with a million rows two differ in one case of 10^17. */
export const hashed = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("base64url").slice(0, 16);

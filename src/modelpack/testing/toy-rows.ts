import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { random } from "../../math/random.ts";
import type { Family } from "../../tasks.ts";
import { type PreparedRow, preparedFileName, type Split } from "../rows.ts";

const words: Readonly<Record<string, readonly string[]>> = {
  food: ["recipe", "oven", "soup", "bread", "spice", "dinner"],
  finance: ["bank", "loan", "interest", "invoice", "card", "refund"],
  travel: ["flight", "hotel", "luggage", "train", "visa", "beach"],
};
const fillers = ["please", "about", "my", "the", "today", "how", "can", "with", "for", "more"];

/** Sentences of three topics that share their filling words: learnable, and not by heart. */
export function topicRows(count: number, seed: number, task = "query_domain"): PreparedRow[] {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  return Array.from({ length: count }, (_, i) => {
    const label = Object.keys(words)[i % 3] as string;
    const own = [pick(words[label] ?? []), pick(words[label] ?? [])];
    const text = [
      pick(fillers),
      own[0],
      pick(fillers),
      pick(fillers),
      own[1],
      pick(fillers),
      i,
    ].join(" ");
    return { text, task, label, source: i % 2 ? "llm:a" : "hf:b" };
  });
}

/** Pairs of which the label is told by direction alone: the second text repeats the first and adds a word, or the first the second. */
export function supersessionRows(count: number, seed: number): PreparedRow[] {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const nouns = Object.values(words).flat();
  return Array.from({ length: count }, (_, i) => {
    const shared = `${pick(nouns)} ${pick(fillers)} ${pick(nouns)}`;
    const later = `${shared} instead`;
    const texts = i % 2 ? { text_a: shared, text_b: later } : { text_a: later, text_b: shared };
    return {
      ...texts,
      task: "supersession",
      label: i % 2 ? "supersedes" : "no_supersedes",
      source: "s",
    };
  });
}

export function writeRows(
  folder: string,
  family: Family,
  rows: Readonly<Partial<Record<Split, readonly (PreparedRow | string)[]>>>,
): void {
  mkdirSync(folder, { recursive: true });
  for (const [split, list] of Object.entries(rows)) {
    const lines = list.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
    const path = join(folder, preparedFileName(family, split as Split));
    writeFileSync(path, gzipSync(`${lines.join("\n")}\n`));
  }
}

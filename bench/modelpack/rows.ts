import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { preparedFileName } from "../../src/modelpack/rows.ts";
import { readLines } from "../../src/train/lines.ts";

const sources = { mmlu: "mmlupro_records.jsonl.gz", chat: "chat_queries.jsonl.gz" } as const;

/** Writes train and test rows of task mmlu_domain: MMLU-Pro's questions, and public chat where it has a domain. */
export async function prepareRows(
  data: string,
  folder: string,
  { chat, most }: { readonly chat: boolean; readonly most: number },
): Promise<{ readonly train: number; readonly test: number }> {
  const lines: Record<string, string[]> = { train: [], test: [] };
  function add(split: string, text: string, label: string, source: string): void {
    const own = lines[split];
    if (own && own.length < most) {
      own.push(JSON.stringify({ text, task: "mmlu_domain", label, source }));
    }
  }
  for await (const line of readLines(join(data, sources.mmlu))) {
    if (line.startsWith('{"_header"')) continue;
    const { question, category, split } = JSON.parse(line);
    add(split, question, category, "mmlu-pro");
  }
  if (chat) {
    for await (const line of readLines(join(data, sources.chat))) {
      if (line.startsWith('{"_header"')) continue;
      const { query, category, native_label, split } = JSON.parse(line);
      const writes = String(native_label).startsWith("creative_writing");
      const label = category ?? (writes ? "other" : undefined);
      if (label !== undefined) add(split, query, label, "chat");
    }
  }
  mkdirSync(folder, { recursive: true });
  for (const split of ["train", "test"] as const) {
    const text = `${lines[split]?.join("\n")}\n`;
    writeFileSync(join(folder, preparedFileName("router", split)), gzipSync(text));
  }
  return { train: lines["train"]?.length ?? 0, test: lines["test"]?.length ?? 0 };
}

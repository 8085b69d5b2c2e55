import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { domainNames } from "../../domains.ts";
import { RouterError } from "../../errors.ts";
import { readLines } from "../lines.ts";
import type { Sample } from "./sample.ts";

const Domain = z.enum(domainNames);
const split = z.enum(["train", "test"]);
const MmluPro = z.object({ question: z.string(), category: Domain, split });
const Mmlu = z.object({ question: z.string(), category: Domain, subject: z.string(), split });
const PublicChat = z.object({
  query: z.string(),
  category: Domain.nullable(),
  native_label: z.string(),
  source: z.string(),
  split,
});
const OwnChat = z.object({ query: z.string(), lang: z.string(), kind: z.string() });
const HeldOut = OwnChat.extend({ domain: Domain });
const Terms = z.record(z.string(), z.array(z.string()));

/** The files of `--data`, by what they are to us. They are read where they lie and never copied. */
export const dataFiles = {
  mmluPro: "mmlupro_records.jsonl.gz",
  mmlu: "routellm_mmlu.jsonl.gz",
  publicChat: "chat_queries.jsonl.gz",
} as const;

/** Questions of public sets, both splits. */
export async function readData(folder: string): Promise<Sample[]> {
  if (!existsSync(folder)) throw missing(folder);
  const samples: Sample[] = [];
  for await (const row of records(join(folder, dataFiles.mmluPro), MmluPro)) {
    samples.push({ ...exam(row), source: "mmlu-pro", kind: "exam" });
  }
  const known = new Set(samples.map(({ text }) => letters(text)));
  for await (const row of records(join(folder, dataFiles.mmlu), Mmlu)) {
    // MMLU-Pro was made from MMLU: the same question must not count twice, nor cross from test to train.
    if (known.has(letters(row.question))) continue;
    samples.push({ ...exam(row), source: "mmlu", kind: row.subject });
  }
  for await (const row of records(join(folder, dataFiles.publicChat), PublicChat)) {
    const domain =
      row.category ?? (row.native_label.startsWith("creative_writing") ? "other" : undefined);
    if (domain === undefined) continue;
    const { query: text, source: kind } = row;
    samples.push({ text, domain, source: "public-chat", split: row.split, language: "", kind });
  }
  return samples;
}

const exam = (row: z.infer<typeof MmluPro>) => ({
  text: row.question,
  domain: row.category,
  split: row.split,
  language: "en",
});

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

/** What was written for this repository: chat queries, and glossaries of which each term is a short text. */
export async function readTraining(folder: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const path of await filesOf(join(folder, "chat"))) {
    const domain = domainOf(path);
    for await (const { query: text, lang: language, kind } of records(path, OwnChat)) {
      samples.push({ text, domain, source: "own-chat", split: "train", language, kind });
    }
  }
  for (const path of await filesOf(join(folder, "terms"))) {
    const domain = domainOf(path);
    const terms = parsed(Terms, await readFile(path, "utf8"), path);
    for (const [language, texts] of Object.entries(terms)) {
      for (const text of texts) {
        samples.push({ text, domain, source: "terms", split: "train", language, kind: "term" });
      }
    }
  }
  return samples;
}

/** Queries for reporting only; nothing is fitted or chosen on them. */
export async function readHeldOut(folder: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const row of records(join(folder, "heldout.jsonl"), HeldOut)) {
    const { query: text, domain, lang: language, kind } = row;
    samples.push({ text, domain, source: "own-chat", split: "test", language, kind });
  }
  return samples;
}

async function filesOf(folder: string): Promise<string[]> {
  if (!existsSync(folder)) throw missing(folder);
  const names = await readdir(folder);
  return names
    .filter((name) => /\.jsonl?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function domainOf(path: string) {
  const name = basename(path)
    .replace(/\.jsonl?$/, "")
    .replaceAll("_", " ");
  const domain = Domain.safeParse(name);
  if (domain.success) return domain.data;
  throw invalid(
    `${path}: ${name} is not a domain`,
    `Name it after one of ${domainNames.join(", ")}`,
  );
}

async function* records<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === "" || text.startsWith('{"_header"')) continue;
    yield parsed(schema, text, `${path}:${line}`);
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string, place: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${place} is not JSON`, "Correct or remove it", { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${place}: ${issue?.path.join(".")}: ${issue?.message}`, "Correct or remove it");
}

const invalid = (detail: string, remedy: string, options?: ErrorOptions): RouterError =>
  new RouterError("training_data_invalid", detail, remedy, options);

const missing = (folder: string): RouterError =>
  invalid(`${folder} does not exist`, "Name the folders with --data and --training");

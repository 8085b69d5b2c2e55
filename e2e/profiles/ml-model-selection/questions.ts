import { readFileSync } from "node:fs";
import { join } from "node:path";
import { domainNames } from "../../../src/domains.ts";

export interface Question {
  readonly query: string;
  readonly domain: string;
}

const folder = join(import.meta.dirname, "../../../models/default/training/chat");

const perDomain = 24;

/** Our own chat queries, some of every domain. */
export const questions: readonly Question[] = domainNames.flatMap((domain) =>
  readFileSync(join(folder, `${domain.replace(" ", "_")}.jsonl`), "utf8")
    .trimEnd()
    .split("\n")
    .slice(0, perDomain)
    .map((line): Question => ({ query: JSON.parse(line).query, domain })),
);

const domains = new Map(questions.map(({ query, domain }) => [query, domain]));

export const domainOf = (query: string): string | undefined => domains.get(query);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { domainNames } from "../src/domains.ts";
import type { Question } from "./profiles/ml-model-selection/questions.ts";

/** Written for this repository, with the domain that a person gave them. The built-in head never saw them. */
const path = join(import.meta.dirname, "../models/default/training/heldout.jsonl");

/** The first `perDomain` English questions of every domain; throws where there are fewer. */
export function ownQuestions(perDomain: number): Question[] {
  const all = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Question & { readonly lang: string })
    .filter(({ lang }) => lang === "en");
  return domainNames.flatMap((domain) => {
    const found = all.filter((one) => one.domain === domain).slice(0, perDomain);
    if (found.length < perDomain) throw new Error(`only ${found.length} questions of ${domain}`);
    return found.map(({ query }) => ({ query, domain }));
  });
}

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chatBody } from "../ask.ts";

const chatQueries = join(import.meta.dirname, "../../models/default/training/chat");

/** Of ten requests, nine ask what was asked before and one asks something new. */
const repeatedOfTen = 9;
const repeatedQueries = 500;

/** `count` bodies of real chat queries in a fixed order. `model` other than auto asks signalbox for no choice. */
export function mixedBodies(count: number, model = "auto"): string[] {
  const all = readQueries();
  // A step that shares no factor with the length visits every query once, domain after domain.
  const step = 7919;
  const at = (index: number): string => all[(index * step) % all.length] as string;
  return Array.from({ length: count }, (_, index) => {
    const repeated = index % 10 < repeatedOfTen;
    const query = repeated ? at(index % repeatedQueries) : `${at(index)} (${index})`;
    return chatBody(query, { model });
  });
}

function readQueries(): string[] {
  return globSync("*.jsonl", { cwd: chatQueries })
    .sort()
    .flatMap((file) => readFileSync(join(chatQueries, file), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line).query);
}

import { RouterError } from "../../src/errors.ts";
import { readBounded } from "../../src/files/read-bounded.ts";

/** A question that the mock knows. */
export interface KnownQuestion {
  readonly query: string;
  readonly domain?: string | undefined;
  /** What a right answer says; undefined where the line gives none. */
  readonly truth?: string | undefined;
}

const maxFileBytes = 256 * 1024 * 1024;

/**
 * Reads the JSONL that `signalbox benchmark` reads: `query`, and optionally `category` (or `domain`) and
 * `ground_truth`. Throws RouterError `training_data_invalid` with the line that is wrong.
 */
export function readQuestions(path: string): KnownQuestion[] {
  const bytes = readBounded(path, maxFileBytes, {
    unreadable: { code: "training_data_invalid", remedy: "Correct `questions` in the mock's YAML" },
    tooLarge: { code: "training_data_invalid", remedy: "Give the mock fewer questions" },
  });
  return bytes
    .toString("utf8")
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [parseLine(line, `${path} line ${at + 1}`)]));
}

function parseLine(line: string, place: string): KnownQuestion {
  const refuse = (why: string) =>
    new RouterError("training_data_invalid", `${place}: ${why}`, "Correct the line");
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line);
  } catch {
    throw refuse("not JSON");
  }
  const { query, category, domain = category, ground_truth: truths } = value ?? {};
  if (typeof query !== "string" || query === "") throw refuse("query is missing, or no text");
  if (domain !== undefined && typeof domain !== "string") throw refuse("category is no text");
  const truth = Array.isArray(truths) ? truths[0] : truths;
  return { query, domain, truth: truth === undefined || truth === null ? undefined : `${truth}` };
}

/**
 * Finds the question that a prompt asks: the same text, else the first in the file that the prompt holds (a prompt may
 * add choices or instructions); else whatever `domains` says of the words in it.
 */
export function questionFinder(
  questions: readonly KnownQuestion[],
  domains: Readonly<Record<string, readonly string[]>>,
): (prompt: string) => KnownQuestion {
  const exact = new Map(questions.map((one) => [one.query, one]));
  const words = Object.entries(domains).map(
    ([domain, list]) => [domain, list.map((word) => word.toLowerCase())] as const,
  );
  return (prompt) => {
    const known = exact.get(prompt) ?? questions.find(({ query }) => prompt.includes(query));
    if (known?.domain !== undefined) return known;
    const lower = prompt.toLowerCase();
    const domain = words.find(([, list]) => list.some((word) => lower.includes(word)))?.[0];
    return { query: prompt, ...known, domain };
  };
}

import { RouterError } from "../errors.ts";
import { inShard, type Shard } from "../shard/shard.ts";
import { readLines } from "../train/lines.ts";
import { measured } from "./row.ts";
import { metricNamed, type Question } from "./score.ts";

/** A line of the queries' file. */
export interface Query extends Question {
  readonly text: string;
  /** Assertions of `code_eval`, when the line gives them as a list. */
  readonly assertions?: readonly string[];
  /** All other fields of the line, known and unknown; each of its rows has them. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Queries {
  readonly queries: readonly Query[];
  readonly warnings: readonly string[];
}

const maxShown = 20;

/**
 * Reads JSONL, plain or .gz, in the order of the file; of lines with the same query the first counts. `limit` counts
 * the queries of the whole file, before the shard takes its part. Rejects with RouterError `training_data_invalid` that
 * lists the lines which are wrong.
 */
export async function readQueries(
  path: string,
  { limit = Number.POSITIVE_INFINITY, shard }: { limit?: number; shard?: Shard | undefined } = {},
): Promise<Queries> {
  const seen = new Set<string>();
  const queries: Query[] = [];
  const problems: string[] = [];
  const unknown = new Set<string>();
  const dropped = new Set<string>();
  let number = 0;
  let bad = 0;
  for await (const line of readLines(path)) {
    number++;
    if (seen.size >= limit) break;
    if (line.trim() === "") continue;
    const query = parseQuery(line);
    if (typeof query === "string") {
      if (bad++ < maxShown) problems.push(`line ${number}: ${query}`);
      continue;
    }
    if (seen.has(query.text)) continue;
    seen.add(query.text);
    if (!inShard(query.text, shard)) continue;
    if (query.metric !== undefined && !metricNamed(query.metric)) unknown.add(query.metric);
    for (const name of Object.keys(query.fields)) if (measured.has(name)) dropped.add(name);
    queries.push(query);
  }
  if (bad > 0) throw invalid(path, problems, bad);
  if (seen.size === 0) throw invalid(path, ["holds no query"], 1);
  return { queries, warnings: warningsOf(unknown, dropped) };
}

function parseQuery(line: string): Query | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is no object";
  const { query: text, ...fields } = value as Readonly<Record<string, unknown>>;
  if (typeof text !== "string" || text.trim() === "") return "query is missing, or no text";
  const { ground_truth: truth, metric, choices } = fields;
  const list = Array.isArray(truth) && truth.every((one) => typeof one === "string");
  if (!(truth === undefined || truth === null || list || isScalar(truth))) {
    return "ground_truth is neither a text, a number nor a list of texts";
  }
  if (!(metric === undefined || metric === null || typeof metric === "string")) {
    return "metric is no text";
  }
  return {
    text,
    fields,
    ...(list && { assertions: truth as string[] }),
    ...(isScalar(truth) && { groundTruth: String(truth) }),
    ...(typeof metric === "string" && metric !== "" && { metric }),
    choices: choicesOf(choices),
  };
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);

/** A list of texts, an object of them by letter, or one text with a line a choice. */
function choicesOf(choices: unknown): readonly string[] {
  if (typeof choices === "string") {
    const lines = choices.split("\n").filter((line) => line.trim() !== "");
    // One text that cannot be taken apart still says that the question is one of choices.
    return lines.length > 1 ? lines : choices.trim() === "" ? [] : new Array(10).fill("");
  }
  if (typeof choices !== "object" || choices === null) return [];
  return Object.values(choices).map((choice) => (isScalar(choice) ? String(choice) : ""));
}

const listed = (names: ReadonlySet<string>): string =>
  [...names]
    .slice(0, 8)
    .map((name) => JSON.stringify(name.slice(0, 40)))
    .join(", ");

const warningsOf = (unknown: ReadonlySet<string>, dropped: ReadonlySet<string>): string[] => [
  ...(unknown.size > 0 ? [`metric ${listed(unknown)} is not known: judged as CEM`] : []),
  ...(dropped.size > 0
    ? [`the queries have ${listed(dropped)}, which the benchmark measures: left out`]
    : []),
];

const invalid = (path: string, problems: readonly string[], bad: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path}: ${problems.join("; ")}${bad > problems.length ? `; and ${bad - problems.length} more` : ""}`,
    'Write one JSON object a line, such as {"query": "...", "ground_truth": "...", "metric": "em_mc"}',
  );

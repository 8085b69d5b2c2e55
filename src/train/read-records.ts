import { RouterError } from "../errors.ts";
import { readLines } from "./lines.ts";
import { parseLine, type TrainingRecord } from "./records.ts";

export interface ReadRecords {
  readonly records: readonly TrainingRecord[];
  /** Lines left out: `failed` requests, `unscored` answers, and `bad` ones where those may be skipped. */
  readonly skipped: { readonly failed: number; readonly unscored: number; readonly bad: number };
  readonly warnings: readonly string[];
}

export interface ReadOptions {
  /** Trains on the rest instead of refusing the file. */
  readonly skipBadLines?: boolean;
  /** Distinct queries; records of later ones are left out. */
  readonly maxQueries?: number;
}

/** Every record is held in memory, at a few hundred bytes; a benchmark has thousands. */
const maxRecords = 5_000_000;

const maxShown = 20;

/** Reads a benchmark's JSONL. Rejects with RouterError `training_data_invalid` that lists what is wrong, by line. */
export async function readRecords(
  path: string,
  { skipBadLines = false, maxQueries = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Promise<ReadRecords> {
  const records: TrainingRecord[] = [];
  const queries = new Set<string>();
  const unknown = new Set<string>();
  const problems: string[] = [];
  const skipped = { failed: 0, unscored: 0, bad: 0 };
  let number = 0;
  for await (const text of readLines(path)) {
    number++;
    const line = parseLine(text);
    if ("problem" in line) {
      skipped.bad++;
      if (problems.length < maxShown) problems.push(`line ${number}: ${line.problem}`);
    } else if ("skipped" in line) {
      if (line.skipped !== "blank") skipped[line.skipped]++;
    } else {
      const { record } = line;
      if (!queries.has(record.query) && queries.size >= maxQueries) continue;
      queries.add(record.query);
      if (line.unknownCategory !== undefined) unknown.add(line.unknownCategory);
      if (records.push(record) > maxRecords) throw tooMany(path);
    }
  }
  if (problems.length > 0 && !skipBadLines) throw badLines(path, problems, skipped.bad);
  if (records.length === 0) throw nothing(path, skipped);
  return { records, skipped, warnings: warningsOf(problems, skipped.bad, unknown) };
}

function warningsOf(
  problems: readonly string[],
  bad: number,
  unknown: ReadonlySet<string>,
): readonly string[] {
  const names = [...unknown].slice(0, 8).map((name) => JSON.stringify(name));
  const more = unknown.size > names.length ? ` and ${unknown.size - names.length} more` : "";
  return [
    ...(bad > 0 ? [`${bad} bad lines are left out: ${listed(problems, bad)}`] : []),
    ...(unknown.size > 0
      ? [`${names.join(", ")}${more}: not one of the 14 categories, counted as other`]
      : []),
  ];
}

const listed = (problems: readonly string[], bad: number): string =>
  problems.join("; ") + (bad > problems.length ? `; and ${bad - problems.length} more` : "");

const badLines = (path: string, problems: readonly string[], bad: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path}: ${listed(problems, bad)}`,
    "Correct the lines, or train on the others with --skip-bad-lines",
  );

const nothing = (path: string, skipped: ReadRecords["skipped"]): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path} holds no record to train on (${skipped.failed} failed, ${skipped.unscored} without performance, ${skipped.bad} bad)`,
    "Run the benchmark again: a record needs query, model_name and performance",
  );

const tooMany = (path: string): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path} holds more than ${maxRecords} records`,
    "Train on a sample, with --limit QUERIES",
  );

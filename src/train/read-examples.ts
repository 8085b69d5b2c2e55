import { didYouMean } from "../config/nearest.ts";
import { domainNames } from "../domains.ts";
import { RouterError } from "../errors.ts";
import type { Examples } from "./examples.ts";
import { type ExamplesOptions, type GatheredExamples, gatherExamples } from "./gather-examples.ts";
import { readLines } from "./lines.ts";
import { parseLine, type TrainingRecord } from "./records.ts";
import { type HoldOut, splitPlace } from "./split.ts";

export interface ReadExamples {
  readonly examples: Examples;
  /** Records that were read, those of queries outside the sample among them. */
  readonly records: number;
  /** Distinct queries among them; an estimate when not all are in `examples`. */
  readonly queriesSeen: number;
  /** Distinct queries that were left for testing. */
  readonly heldOut: number;
  /** Lines left out: `failed` requests, `unscored` answers, and `bad` ones where those may be skipped. */
  readonly skipped: { readonly failed: number; readonly unscored: number; readonly bad: number };
  readonly warnings: readonly string[];
}

export interface ReadOptions extends ExamplesOptions {
  /**
   * What the file is refused for. `doubts`: also unknown categories, several answers of a model to a query, and models
   * with few answers. `nothing`: what cannot be read is left out and counted. `bad lines` without it.
   */
  readonly refuse?: "nothing" | "bad lines" | "doubts";
  /** The first so many distinct queries; records of later ones are left out. */
  readonly limit?: number | undefined;
  /** Leaves out the queries that are held out for testing. */
  readonly holdOut?: HoldOut | undefined;
}

const maxShown = 20;

/** Of a model with fewer answers nothing can be learned but that it was there. */
const fewAnswers = 20;

/**
 * Reads a benchmark's JSONL line by line: nothing is kept of a record but its query, once, and its figures in sums.
 * Rejects with RouterError `training_data_invalid` that lists what is wrong, by line.
 */
export async function readExamples(
  path: string,
  { refuse = "bad lines", limit, holdOut, ...options }: ReadOptions = {},
): Promise<ReadExamples> {
  const gathered = gatherExamples(options);
  const wanted = queryFilter(limit, holdOut);
  const unknown = new Map<string, number>();
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
      const { record, unknownCategory } = line;
      if (!wanted.has(record)) continue;
      if (unknownCategory !== undefined && (unknown.has(unknownCategory) || unknown.size < 1000))
        unknown.set(unknownCategory, unknown.get(unknownCategory) ?? number);
      gathered.add(record);
    }
  }
  if (skipped.bad > 0 && refuse !== "nothing") throw refused(path, listed(problems, skipped.bad));
  if (gathered.records === 0) throw nothing(path, skipped, wanted.heldOut);
  const examples = gathered.examples();
  const doubts = doubtsOf(unknown, gathered, examples);
  if (refuse === "doubts" && doubts.length > 0) throw refused(path, doubts.join("; "));
  const { records, queriesSeen } = gathered;
  return {
    ...{ examples, records, queriesSeen, skipped, heldOut: wanted.heldOut },
    warnings: [
      ...(skipped.bad > 0
        ? [`${skipped.bad} bad lines are left out: ${listed(problems, skipped.bad)}`]
        : []),
      ...doubts,
    ],
  };
}

interface QueryFilter {
  has(record: TrainingRecord): boolean;
  readonly heldOut: number;
}

/** Only `limit` and the hold-out need to know the queries that they saw. */
function queryFilter(limit: number | undefined, holdOut: HoldOut | undefined): QueryFilter {
  const first = new Set<string>();
  // Places are distinct where queries are, and a number is less than a text.
  const held = new Set<number>();
  return {
    has({ query }) {
      const place = holdOut ? splitPlace(query, holdOut.seed) : 1;
      if (holdOut && place < holdOut.share) {
        held.add(place);
        return false;
      }
      if (limit === undefined || first.has(query)) return true;
      return first.size < limit && Boolean(first.add(query));
    },
    get heldOut() {
      return held.size;
    },
  };
}

function doubtsOf(
  unknown: ReadonlyMap<string, number>,
  { duplicates }: GatheredExamples,
  { models, qualities }: Examples,
): readonly string[] {
  const names = [...unknown]
    .slice(0, 8)
    .map(
      ([name, line]) =>
        `${JSON.stringify(name.slice(0, 60))}${didYouMean(name, domainNames)} on line ${line}`,
    );
  const more = unknown.size > names.length ? ` and ${unknown.size - names.length} more` : "";
  const answers = models.map((_, model) => {
    let count = 0;
    for (let cell = model; cell < qualities.length; cell += models.length)
      if (!Number.isNaN(qualities[cell])) count++;
    return count;
  });
  const few = models.flatMap((model, at) =>
    (answers[at] as number) < fewAnswers ? [`${model} (${answers[at]})`] : [],
  );
  return [
    ...(unknown.size > 0
      ? [`${names.join(", ")}${more}: not one of the 14 categories, counted as other`]
      : []),
    ...(duplicates > 0
      ? [`${duplicates} records are of a model and a query that had one before: averaged`]
      : []),
    ...(few.length > 0
      ? [
          `fewer than ${fewAnswers} queries were answered by ${few.join(", ")}: too few to learn from`,
        ]
      : []),
  ];
}

const listed = (problems: readonly string[], bad: number): string =>
  problems.join("; ") + (bad > problems.length ? `; and ${bad - problems.length} more` : "");

const refused = (path: string, what: string): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path}: ${what}`,
    "Correct the lines; train goes on with the others without --strict, validate with --skip-bad-lines",
  );

const nothing = (path: string, skipped: ReadExamples["skipped"], heldOut: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path} holds no record to train on (${skipped.failed} failed, ${skipped.unscored} without performance, ${skipped.bad} bad${heldOut > 0 ? `, the queries of all others held out` : ""})`,
    "Run the benchmark again: a record needs query, model_name and performance",
  );

import { RouterError } from "../errors.ts";
import { withLock } from "../files/lock-file.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { inShardOf, type Shard } from "../shard/shard.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type LabelTable, labelTable } from "./label-table.ts";
import type { Labeller } from "./labeller.ts";
import { type BadRow, type Row, readRows, withCategory } from "./rows.ts";

export interface LabelJob {
  readonly input: string;
  readonly output: string;
  readonly labeller: Labeller;
  /** Queries under way at once. */
  readonly concurrency: number;
  readonly shard?: Shard | undefined;
  /** Also label rows that have a category. */
  readonly overwrite?: boolean | undefined;
  /** The first line that is no record ends the run: RouterError `training_data_invalid`. */
  readonly strict?: boolean | undefined;
  readonly onProgress?: ((progress: LabelProgress) => void) | undefined;
}

export interface LabelProgress {
  /** Read so far, of this part. */
  readonly rows: number;
  readonly bytesRead: number;
  /** Distinct queries, those that `failed` included. */
  readonly answered: number;
  readonly failed: number;
}

export interface LabelReport {
  /** Written: `labelled` and `kept` have a category, `unlabelled` have none. */
  readonly rows: number;
  readonly labelled: number;
  readonly kept: number;
  readonly unlabelled: number;
  /** Left out, because they are no records; `badLines` are the first of them, counted from 1. */
  readonly bad: number;
  readonly badLines: readonly string[];
  /** Distinct queries: asked now, with a label from an earlier run, and without one in the end. */
  readonly asked: number;
  readonly resumed: number;
  readonly failed: number;
  /** Why queries have no label: reason and how often. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Rows of each category, those that had it included. */
  readonly categories: Readonly<Record<string, number>>;
}

/** With so many failures in a row the rest would fail too, each after all its retries. */
const maxFailuresInRow = 20;

const maxShown = 20;

/** In the table only: a query that has no label is not asked again for each of its rows. */
const noLabel = "";

/**
 * Writes the input's rows with the category of their query, in their order, one question a distinct query. What is
 * found out stands in OUTPUT.labels at once, and a run that was ended, however hard, is continued from there; the
 * file is removed once every row has its category. The output is replaced whole, at the end. Rejects with RouterError:
 * `training_data_invalid`, `output_unwritable`, `output_in_use`, `label_server_failed` when all fails, `config_invalid` when
 * OUTPUT.labels is of another labeller.
 */
export function labelFile(job: LabelJob): Promise<LabelReport> {
  return withLock(job.output, () => continued(job));
}

async function continued(job: LabelJob): Promise<LabelReport> {
  const labels = labelTable();
  const journal = openJournal(`${job.output}.labels`, job.labeller.by, labels.set);
  try {
    const resumed = labels.size;
    const found = await findLabels(job, labels, journal);
    const counts = newCounts();
    await writeAtomic(job.output, labelledLines(job, labels, counts));
    if (counts.unlabelled === 0) journal.remove();
    return { ...counts, ...found, resumed };
  } finally {
    journal.close();
  }
}

/** First pass: asks for what `labels` does not have. */
async function findLabels(job: LabelJob, labels: LabelTable, journal: Journal) {
  const { labeller, concurrency, overwrite = false, strict = false, onProgress } = job;
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();
  const reasons: Record<string, number> = {};
  let [rows, bytesRead, asked, answered, failed, failedInRow] = [0, 0, 0, 0, 0, 0];

  async function ask(row: Row, id: string): Promise<void> {
    try {
      const label = await labeller.label(row.query, stop.signal);
      // Its place in the file goes first: the table is gone with this process.
      journal.add(row.hash, label);
      labels.set(row.hash, label);
      failedInRow = 0;
    } catch (thrown) {
      if (stop.signal.aborted) return;
      const { code, detail } = RouterError.from(thrown);
      if (fatal.has(code)) return stop.abort(thrown);
      labels.set(row.hash, noLabel);
      failed++;
      reasons[detail] = (reasons[detail] ?? 0) + 1;
      if (++failedInRow >= maxFailuresInRow) stop.abort(allFails(detail));
    } finally {
      running.delete(id);
      onProgress?.({ rows, bytesRead, answered: ++answered, failed });
    }
  }

  try {
    for await (const row of rowsOf(job)) {
      rows++;
      bytesRead = row.bytesRead;
      if ("problem" in row) {
        if (strict) throw badLine(job.input, row);
        continue;
      }
      if (row.category !== undefined && !overwrite) continue;
      const id = row.hash.toString("latin1", 0, 16);
      if (running.has(id) || labels.get(row.hash) !== undefined) continue;
      while (running.size >= concurrency) await Promise.race(running.values());
      stop.signal.throwIfAborted();
      asked++;
      running.set(id, ask(row, id));
    }
    await Promise.all(running.values());
    stop.signal.throwIfAborted();
  } catch (thrown) {
    stop.abort(thrown);
    await Promise.all(running.values());
    throw thrown;
  }
  return { asked, failed, reasons };
}

/** Of the labels' own file or of the number of queries: not this query's fault. */
const fatal: ReadonlySet<string> = new Set(["output_unwritable", "training_data_invalid"]);

interface Counts {
  rows: number;
  labelled: number;
  kept: number;
  unlabelled: number;
  bad: number;
  readonly badLines: string[];
  readonly categories: Record<string, number>;
}

const newCounts = (): Counts => ({
  rows: 0,
  labelled: 0,
  kept: 0,
  unlabelled: 0,
  bad: 0,
  badLines: [],
  categories: {},
});

/** Second pass: the rows with what is known. */
async function* labelledLines(
  { overwrite = false, ...job }: LabelJob,
  labels: LabelTable,
  counts: Counts,
): AsyncGenerator<string> {
  for await (const row of rowsOf(job)) {
    if ("problem" in row) {
      counts.bad++;
      if (counts.badLines.length < maxShown)
        counts.badLines.push(`line ${row.number}: ${row.problem}`);
      continue;
    }
    counts.rows++;
    const keep = row.category !== undefined && !overwrite;
    const label = keep ? undefined : labels.get(row.hash) || undefined;
    const category = label ?? row.category;
    if (category === undefined) counts.unlabelled++;
    else counts.categories[category] = (counts.categories[category] ?? 0) + 1;
    if (label !== undefined) counts.labelled++;
    else if (category !== undefined) counts.kept++;
    yield `${label === undefined ? row.line : withCategory(row.line, label)}\n`;
  }
}

/** Of this job's part; a line that is no record belongs to one part like any other. */
async function* rowsOf({
  input,
  shard,
}: Pick<LabelJob, "input" | "shard">): AsyncGenerator<Row | BadRow> {
  for await (const row of readRows(input)) {
    if (shard === undefined || inShardOf(row.hash, shard)) yield row;
  }
}

const badLine = (path: string, { number, problem }: BadRow) =>
  new RouterError(
    "training_data_invalid",
    `${path}: line ${number}: ${problem}`,
    "Correct the line, or leave such lines out by running without --strict",
  );

const allFails = (reason: string) =>
  new RouterError(
    "label_server_failed",
    `${maxFailuresInRow} queries in a row have no label: ${reason}`,
    "See the router's log, then run the command again: it continues where it stopped",
  );

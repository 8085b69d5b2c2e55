import { RouterError } from "../errors.ts";
import { withLock } from "../files/lock-file.ts";
import { writeAtomic } from "../files/write-atomic.ts";
import { readLines } from "../train/lines.ts";
import type { RunCode } from "./benchmark.ts";
import type { Query } from "./queries.ts";
import { readRow } from "./row.ts";
import { metricOf, score } from "./score.ts";
import { type ModelSummary, openSummary } from "./summary.ts";

export interface RescoreJob {
  readonly queries: readonly Query[];
  readonly output: string;
  /** Without it rows of `code_eval` keep their score. */
  readonly runCode?: RunCode | undefined;
  readonly signal: AbortSignal;
}

export interface RescoreReport {
  readonly rows: number;
  /** Judged anew, and of those the ones whose performance is another. */
  readonly judged: number;
  readonly changed: number;
  readonly models: readonly ModelSummary[];
}

/**
 * Judges the responses of a finished benchmark anew, by the queries as they are given, without asking any model: after
 * a truth was corrected, a metric changed, or the scoring itself. Rows without a response, and rows of queries that are
 * not given, stay as they are. The file is replaced whole. Rejects with RouterError `training_data_invalid` for a line
 * that is no row, `output_in_use`, `output_unwritable`.
 */
export function rescore(job: RescoreJob): Promise<RescoreReport> {
  return withLock(job.output, () => judgedAnew(job));
}

async function judgedAnew(job: RescoreJob): Promise<RescoreReport> {
  const queries = new Map(job.queries.map((query) => [query.text, query]));
  const counts = { rows: 0, judged: 0, changed: 0 };
  const models = new Map<string, ReturnType<typeof openSummary>>();

  async function* lines(): AsyncGenerator<string> {
    for await (const line of readLines(job.output)) {
      if (line.trim() === "") continue;
      job.signal.throwIfAborted();
      counts.rows++;
      const judged = await rejudged(line, queries, job, counts);
      const facts = readRow(judged);
      if (!facts) throw noRow(job.output, counts.rows);
      const summary = models.get(facts.model) ?? openSummary([facts.model]);
      models.set(facts.model, summary);
      summary.add(facts);
      yield `${judged}\n`;
    }
  }

  await writeAtomic(job.output, lines());
  return { ...counts, models: [...models.values()].flatMap((one) => one.models()) };
}

/** The row with the query's truth as it stands, and its response's performance by it. */
async function rejudged(
  line: string,
  queries: ReadonlyMap<string, Query>,
  { runCode, signal }: RescoreJob,
  counts: { judged: number; changed: number },
): Promise<string> {
  const row = objectOf(line);
  const query = queries.get(String(row?.["query"]));
  const response = row?.["response"];
  if (!row || !query || typeof response !== "string") return line;
  const code = metricOf(query) === "code_eval";
  if (code && !runCode) return line;
  const performance = code ? await runCode?.(response, query, signal) : score(response, query);
  // Nothing to judge by, or no verdict, is no reason to lose the one that there was.
  if (performance === undefined || typeof performance === "object") return line;
  counts.judged++;
  if (performance !== row["performance"]) counts.changed++;
  const judgedBy = Object.fromEntries(
    ["ground_truth", "metric", "choices"].map((name) => [name, query.fields[name]]),
  );
  return JSON.stringify({ ...row, ...judgedBy, performance });
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const noRow = (path: string, line: number): RouterError =>
  new RouterError(
    "training_data_invalid",
    `${path}: line ${line} is no row of a benchmark`,
    "Correct or remove the line; the file is as it was",
  );

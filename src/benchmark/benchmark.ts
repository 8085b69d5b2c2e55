import { rm } from "node:fs/promises";
import type { Stop } from "../chat/ask.ts";
import { withLock } from "../files/lock-file.ts";
import { askAll } from "./ask-all.ts";
import type { Model } from "./models.ts";
import { planOf } from "./plan.ts";
import type { Query } from "./queries.ts";
import { openResults } from "./results-file.ts";
import { notAllowed, type RowError, readRow } from "./row.ts";
import { agreeOnSettings, settingsOf, settingsPath } from "./run-settings.ts";
import { type ModelSummary, openSummary } from "./summary.ts";

/** Runs a response's Python: the share of the query's assertions that holds, nothing without assertions, or a fault. */
export type RunCode = (
  response: string,
  query: Query,
  signal: AbortSignal,
) => Promise<number | undefined | RowError>;

export interface BenchmarkJob {
  readonly models: readonly Model[];
  readonly queries: readonly Query[];
  readonly output: string;
  /** Requests under way at once, for each endpoint. */
  readonly concurrency: number;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Further attempts of a request that failed in a way that may pass. */
  readonly retries: number;
  readonly stream: boolean;
  readonly concise: boolean;
  /** Without it queries of `code_eval` are refused. */
  readonly runCode?: RunCode | undefined;
  /** Asks once more what failed in an earlier run. */
  readonly retryFailed?: boolean | undefined;
  /** Drops what is in the output. */
  readonly overwrite?: boolean | undefined;
  readonly stop: Stop;
  readonly onProgress?: ((progress: BenchmarkProgress) => void) | undefined;
}

export interface BenchmarkProgress {
  /** Rows there are, of `total`; those of earlier runs are `resumed`. */
  readonly rows: number;
  readonly total: number;
  readonly resumed: number;
  /** Of this run. */
  readonly failed: number;
}

export interface BenchmarkReport extends BenchmarkProgress {
  /** Whether there is a row for every query and model. */
  readonly complete: boolean;
  readonly models: readonly ModelSummary[];
  /** Rows with an error, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/**
 * Asks every model every query and appends a row for each answer, or each failure, as it comes. What the output has
 * already is not asked again. When there is a row for each, the output is rewritten in order: models as given, and of
 * each the queries as in their file; rows of other models or queries follow as they stood. Rejects with a RouterError
 * for an output that cannot be used, `output_in_use` while another run writes to it among them.
 */
export function benchmark(job: BenchmarkJob): Promise<BenchmarkReport> {
  return withLock(job.output, () => continued(job));
}

async function continued(job: BenchmarkJob): Promise<BenchmarkReport> {
  const { models, queries, output } = job;
  if (job.overwrite) {
    await rm(output, { force: true });
    await rm(settingsPath(output), { force: true });
  }
  const plan = planOf(models, queries);
  const summary = openSummary(models.map(({ name }) => name));
  const file = openResults(output, (line, place) => {
    const row = readRow(line);
    if (row) plan.found(row, place);
    return row !== undefined;
  });
  let failed = 0;
  try {
    const warning = await agreeOnSettings(output, settingsOf(models, job.concise), plan.asked());
    const again = (error: string): boolean =>
      error === notAllowed ? job.runCode !== undefined : job.retryFailed === true;
    plan.askAgain(again);
    const resumed = plan.rows();
    const progress = (): BenchmarkProgress => ({
      rows: plan.rows(),
      total: models.length * queries.length,
      resumed,
      failed,
    });

    const keep = (line: string): void => {
      const row = readRow(line);
      if (!row) throw new Error("unreachable: a row was just written");
      plan.found(row, file.append(line));
      if (row.error !== undefined) failed++;
      job.onProgress?.(progress());
    };
    job.onProgress?.(progress());
    const givenUp = await askAll(job, plan, keep);
    const complete = plan.rows() === models.length * queries.length;
    for (const row of plan.facts()) summary.add(row);
    if (complete) await file.reorder(plan.inOrder());
    return {
      ...progress(),
      complete,
      models: summary.models(),
      errors: Object.fromEntries(summary.errors),
      warnings: [...(warning === undefined ? [] : [warning]), ...givenUp],
    };
  } finally {
    file.close();
  }
}

import { rm } from "node:fs/promises";
import { ask, type Server, type Stop } from "./ask.ts";
import { chatBody } from "./chat-body.ts";
import { ChatFault } from "./chat-fault.ts";
import type { Model } from "./models.ts";
import { type Plan, planOf } from "./plan.ts";
import { connectionTo } from "./post-chat.ts";
import type { Query } from "./queries.ts";
import { openResults } from "./results-file.ts";
import { answeredRow, failedRow, notAllowed, type RowError, readRow } from "./row.ts";
import { agreeOnSettings, settingsOf, settingsPath } from "./run-settings.ts";
import { metricOf, score } from "./score.ts";
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
 * for an output that cannot be used.
 */
export async function benchmark(job: BenchmarkJob): Promise<BenchmarkReport> {
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
    await askAll(job, plan, keep);
    const complete = plan.rows() === models.length * queries.length;
    for (const row of plan.facts()) summary.add(row);
    if (complete) await file.reorder(plan.inOrder());
    return {
      ...progress(),
      complete,
      models: summary.models(),
      errors: Object.fromEntries(summary.errors),
      warnings: warning === undefined ? [] : [warning],
    };
  } finally {
    file.close();
  }
}

/** Each endpoint has its own workers: a slow server does not keep a fast one waiting. */
async function askAll(job: BenchmarkJob, plan: Plan, keep: (line: string) => void): Promise<void> {
  const servers = new Map<string, Model[]>();
  for (const model of job.models) {
    const key = model.endpoint.href;
    servers.set(key, [...(servers.get(key) ?? []), model]);
  }
  // The first fault of ours, such as a full disk, ends the others' work as well.
  const fault = new AbortController();
  const stop: Stop = {
    soon: AbortSignal.any([job.stop.soon, fault.signal]),
    now: AbortSignal.any([job.stop.now, fault.signal]),
  };
  const opened: Server[] = [];
  const workers = [...servers.values()].flatMap((models) => {
    const first = models[0] as Model;
    const server: Server = { ...connectionTo(first.endpoint, job.concurrency), notBefore: 0 };
    opened.push(server);
    const tasks = plan.missing(models);
    return Array.from({ length: job.concurrency }, async () => {
      for (const { model, query } of tasks) {
        if (stop.soon.aborted) return;
        const line = await rowFor(job, stop, server, model, query);
        if (line === undefined) return;
        keep(line);
      }
    });
  });
  const ended = await Promise.allSettled(
    workers.map((worker) =>
      worker.catch((thrown) => {
        fault.abort();
        throw thrown;
      }),
    ),
  );
  for (const { agent } of opened) agent.destroy();
  const broken = ended.find((one) => one.status === "rejected");
  if (broken) throw broken.reason;
}

/** Undefined when the run stopped before there was an answer. */
async function rowFor(
  { runCode, concise, stream, timeoutMs, retries }: BenchmarkJob,
  stop: Stop,
  server: Server,
  model: Model,
  query: Query,
): Promise<string | undefined> {
  const code = metricOf(query) === "code_eval";
  // Not even asked: the answer would cost money and could not be judged.
  if (code && !runCode) return failedRow(query, model, refusedCode);
  try {
    const json = chatBody(model, query, { concise, stream });
    const request = { json, headers: model.headers, timeoutMs, stream };
    const answer = await ask(server, request, { retries, stop });
    const judged = code ? await runCode?.(answer.text, query, stop.now) : score(answer.text, query);
    if (typeof judged === "object") return failedRow(query, model, judged);
    return answeredRow(query, model, answer, judged);
  } catch (thrown) {
    if (thrown instanceof ChatFault) {
      return failedRow(query, model, { code: thrown.code, message: thrown.message });
    }
    if (stop.soon.aborted) return undefined;
    throw thrown;
  }
}

const refusedCode: RowError = {
  code: notAllowed,
  message: "code_eval runs Python that a model wrote: allow it with --allow-code-execution",
};

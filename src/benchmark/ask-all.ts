import { ask, type Server, type Stop } from "../chat/ask.ts";
import { ChatFault } from "../chat/chat-fault.ts";
import { connectionTo } from "../chat/post-chat.ts";
import type { BenchmarkJob } from "./benchmark.ts";
import { chatBody } from "./chat-body.ts";
import type { Model } from "./models.ts";
import type { Plan } from "./plan.ts";
import type { Query } from "./queries.ts";
import { answeredRow, failedRow, notAllowed, type RowError } from "./row.ts";
import { metricOf, score } from "./score.ts";

/** After so many the rest would fail too, each after all its retries. */
const maxFailuresInRow = 20;

/** These say something of the query, not of the server. */
const ofQuery: ReadonlySet<string> = new Set([
  "http_400",
  "http_413",
  "http_422",
  "invalid_answer",
]);

/**
 * Asks what the plan misses and gives each row to `keep`. Each endpoint has its own workers, so that a slow server does
 * not keep a fast one waiting. A model that fails too often in a row is given up; returns what to say of those.
 */
export async function askAll(
  job: BenchmarkJob,
  plan: Plan,
  keep: (line: string) => void,
): Promise<readonly string[]> {
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
  const failures = new Map<Model, number>();
  const givenUp = new Map<Model, string>();

  function count(model: Model, fault: string | undefined): void {
    const inRow = fault === undefined || ofQuery.has(fault) ? 0 : (failures.get(model) ?? 0) + 1;
    failures.set(model, inRow);
    if (fault !== undefined && inRow >= maxFailuresInRow) givenUp.set(model, fault);
  }

  const workers = [...servers.values()].flatMap((models) => {
    const first = models[0] as Model;
    const server: Server = { ...connectionTo(first.endpoint, job.concurrency), notBefore: 0 };
    opened.push(server);
    const tasks = plan.missing(models);
    return Array.from({ length: job.concurrency }, async () => {
      for (const { model, query } of tasks) {
        if (stop.soon.aborted) return;
        if (givenUp.has(model)) continue;
        const row = await rowFor(job, stop, server, model, query);
        if (row === undefined) return;
        keep(row.line);
        count(model, row.fault);
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
  return [...givenUp].map(
    ([{ name }, fault]) =>
      `${name} is given up: ${maxFailuresInRow} requests in a row failed, the last with ${fault}`,
  );
}

interface Row {
  readonly line: string;
  /** Code of what kept the server from answering. */
  readonly fault?: string;
}

/** Undefined when the run stopped before there was an answer. */
async function rowFor(
  { runCode, concise, stream, timeoutMs, retries }: BenchmarkJob,
  stop: Stop,
  server: Server,
  model: Model,
  query: Query,
): Promise<Row | undefined> {
  const code = metricOf(query) === "code_eval";
  // Not even asked: the answer would cost money and could not be judged.
  if (code && !runCode) return { line: failedRow(query, model, refusedCode) };
  try {
    const json = chatBody(model, query, { concise, stream });
    const request = { json, headers: model.headers, timeoutMs, stream };
    const answer = await ask(server, request, { retries, stop });
    const judged = code ? await runCode?.(answer.text, query, stop.now) : score(answer.text, query);
    if (typeof judged === "object") return { line: failedRow(query, model, judged) };
    return { line: answeredRow(query, model, answer, judged) };
  } catch (thrown) {
    if (thrown instanceof ChatFault) {
      const { code: fault, message } = thrown;
      return { line: failedRow(query, model, { code: fault, message }), fault };
    }
    if (stop.soon.aborted) return undefined;
    throw thrown;
  }
}

const refusedCode: RowError = {
  code: notAllowed,
  message: "code_eval runs Python that a model wrote: allow it with --allow-code-execution",
};

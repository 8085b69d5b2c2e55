import type { TimedAnswer } from "../chat/post-chat.ts";
import type { Model, Price } from "./models.ts";
import type { Query } from "./queries.ts";

/** Why a row has no answer, or no score. */
export interface RowError {
  readonly code: string;
  /** Without keys. */
  readonly message: string;
}

/** The request was never made, because its answer may not be run. */
export const notAllowed = "code_execution_not_allowed";

/** What a summary needs of a row. */
export interface RowFacts {
  readonly query: string;
  readonly model: string;
  readonly error?: string | undefined;
  readonly performance?: number | undefined;
  readonly seconds?: number | undefined;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: number;
}

/** A line of the output, without its end. One that failed has `error` and neither response, performance nor time. */
export function failedRow(query: Query, model: Model, error: RowError): string {
  return JSON.stringify({ query: query.text, model_name: model.name, error, ...carried(query) });
}

/** `performance` is absent where the query's truth says nothing to judge by. Times in seconds, to the microsecond. */
export function answeredRow(
  query: Query,
  model: Model,
  answer: TimedAnswer,
  performance: number | undefined,
): string {
  const { promptTokens, completionTokens, firstTokenSeconds } = answer;
  const cost = costOf(model.price, promptTokens, completionTokens);
  return JSON.stringify({
    query: query.text,
    model_name: model.name,
    response: answer.text,
    performance,
    response_time: rounded(answer.seconds),
    time_to_first_token: firstTokenSeconds === undefined ? undefined : rounded(firstTokenSeconds),
    finish_reason: answer.finishReason,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    cost,
    ...carried(query),
  });
}

/** Undefined without a price, or when the server counts no tokens: nothing is guessed. */
function costOf(
  price: Price | undefined,
  prompt?: number,
  completion?: number,
): number | undefined {
  if (!price || prompt === undefined || completion === undefined) return undefined;
  // Twelve decimals: a token of a cheap model costs less than a millionth.
  return Number(((price.input * prompt + price.output * completion) / 1e6).toFixed(12));
}

const rounded = (seconds: number): number => Number(seconds.toFixed(6));

/** What the query's line says besides; what was measured keeps its name. */
function carried({ fields }: Query): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !measured.has(name)));
}

/** What a row says of a request; a query's own field of such a name gives way. */
export const measured: ReadonlySet<string> = new Set([
  "query",
  "model_name",
  "response",
  "performance",
  "response_time",
  "time_to_first_token",
  "finish_reason",
  "prompt_tokens",
  "completion_tokens",
  "cost",
  "error",
]);

/** Undefined for a line that is no row. */
export function readRow(line: string): RowFacts | undefined {
  let row: Readonly<Record<string, unknown>>;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { query, model_name: model } = row ?? {};
  if (typeof query !== "string" || typeof model !== "string") return undefined;
  const count = (name: string): number => numberOf(row[name]) ?? 0;
  const error = row["error"] as { readonly code?: unknown } | undefined;
  return {
    query,
    model,
    ...(error && { error: String(error.code ?? "unknown") }),
    performance: numberOf(row["performance"]),
    seconds: numberOf(row["response_time"]),
    promptTokens: count("prompt_tokens"),
    completionTokens: count("completion_tokens"),
    cost: count("cost"),
  };
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;

import type { RowFacts } from "./row.ts";

export interface ModelSummary {
  readonly model: string;
  /** Rows, those of failed requests included. */
  readonly queries: number;
  readonly errors: number;
  /** Rows with a performance. */
  readonly scored: number;
  /** Mean over the scored. */
  readonly performance: number | null;
  /** Mean seconds over the answered. */
  readonly response_time: number | null;
  /** Share of the scored whose performance is above 0. */
  readonly success: number | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost: number;
}

interface Sums {
  queries: number;
  errors: number;
  scored: number;
  performance: number;
  answered: number;
  seconds: number;
  successes: number;
  promptTokens: number;
  completionTokens: number;
  cost: number;
}

export interface Summary {
  add(row: RowFacts): void;
  readonly errors: ReadonlyMap<string, number>;
  models(): readonly ModelSummary[];
}

export function openSummary(models: readonly string[]): Summary {
  const zero = (): Sums => ({
    queries: 0,
    errors: 0,
    scored: 0,
    performance: 0,
    answered: 0,
    seconds: 0,
    successes: 0,
    promptTokens: 0,
    completionTokens: 0,
    cost: 0,
  });
  const sums = new Map(models.map((model) => [model, zero()]));
  const errors = new Map<string, number>();

  function add(row: RowFacts): void {
    const sum = sums.get(row.model);
    if (!sum) return;
    sum.queries++;
    if (row.error !== undefined) {
      sum.errors++;
      errors.set(row.error, (errors.get(row.error) ?? 0) + 1);
      return;
    }
    if (row.performance !== undefined) {
      sum.scored++;
      sum.performance += row.performance;
      if (row.performance > 0) sum.successes++;
    }
    if (row.seconds !== undefined) {
      sum.answered++;
      sum.seconds += row.seconds;
    }
    sum.promptTokens += row.promptTokens;
    sum.completionTokens += row.completionTokens;
    sum.cost += row.cost;
  }

  const ratio = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
  return {
    add,
    errors,
    models: () =>
      [...sums].map(([model, sum]) => ({
        model,
        queries: sum.queries,
        errors: sum.errors,
        scored: sum.scored,
        performance: ratio(sum.performance, sum.scored),
        response_time: ratio(sum.seconds, sum.answered),
        success: ratio(sum.successes, sum.scored),
        prompt_tokens: sum.promptTokens,
        completion_tokens: sum.completionTokens,
        cost: Number(sum.cost.toFixed(9)),
      })),
  };
}

/** The reference's columns, then errors, tokens and cost where there are any. */
export function summaryText(models: readonly ModelSummary[]): string {
  const priced = models.some(({ cost }) => cost > 0);
  const width = Math.max(25, ...models.map(({ model }) => model.length));
  const head = [
    "Model".padEnd(width),
    "Queries".padStart(8),
    "Avg Perf".padStart(10),
    "Avg Time".padStart(10),
    "Success %".padStart(10),
    "Errors".padStart(8),
    "Tokens".padStart(10),
    ...(priced ? ["Cost".padStart(10)] : []),
  ].join(" ");
  const lines = models.map((one) =>
    [
      one.model.padEnd(width),
      String(one.queries).padStart(8),
      shown(one.performance, (value) => value.toFixed(3)),
      shown(one.response_time, (value) => `${value.toFixed(2)}s`),
      shown(one.success, (value) => (100 * value).toFixed(1)),
      String(one.errors).padStart(8),
      String(one.prompt_tokens + one.completion_tokens).padStart(10),
      ...(priced ? [one.cost.toFixed(4).padStart(10)] : []),
    ].join(" "),
  );
  return [head, "-".repeat(head.length), ...lines].join("\n");
}

const shown = (value: number | null, text: (value: number) => string): string =>
  (value === null ? "-" : text(value)).padStart(10);

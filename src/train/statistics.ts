import { meanOf } from "../math/bootstrap.ts";
import type { Examples } from "./examples.ts";

/** What upstream's trainer prints of its data. */
export interface Statistics {
  readonly records: number;
  readonly queries: number;
  /** Most frequent first. */
  readonly categories: readonly { readonly name: string; readonly queries: number }[];
  /** Best first. */
  readonly models: readonly {
    readonly name: string;
    readonly queries: number;
    readonly quality: number;
    readonly latencySeconds?: number;
  }[];
}

/** `records` is how many the examples were made of. */
export function statisticsOf(examples: Examples, records: number): Statistics {
  const counts = new Map<string, number>();
  for (const category of examples.categories) counts.set(category, (counts.get(category) ?? 0) + 1);
  const { models, qualities, latencies } = examples;
  const column = (values: Float64Array, model: number) =>
    values.filter((value, cell) => cell % models.length === model && !Number.isNaN(value));
  return {
    records,
    queries: examples.queries.length,
    categories: [...counts]
      .map(([name, queries]) => ({ name, queries }))
      .sort((a, b) => b.queries - a.queries || (a.name < b.name ? -1 : 1)),
    models: models
      .map((name, model) => {
        const answered = column(qualities, model);
        return {
          name,
          queries: answered.length,
          quality: meanOf(answered),
          ...(latencies && { latencySeconds: meanOf(column(latencies, model)) }),
        };
      })
      .sort((a, b) => b.quality - a.quality || (a.name < b.name ? -1 : 1)),
  };
}

/** As a person reads it, a line each. */
export function statisticsText({ records, queries, categories, models }: Statistics): string {
  const width = Math.max(...models.map(({ name }) => name.length));
  return [
    `Records          ${records}`,
    `Unique queries   ${queries}`,
    `Models           ${models.length}`,
    "Categories",
    ...categories.map(
      ({ name, queries: count }) =>
        `  ${name.padEnd(18)}${String(count).padStart(7)}${percent(count / queries)}`,
    ),
    "Average quality",
    ...models.map(
      ({ name, queries: count, quality, latencySeconds }) =>
        `  ${name.padEnd(width)}  ${quality.toFixed(3)}  of ${count} queries` +
        (latencySeconds === undefined ? "" : `, ${latencySeconds.toFixed(2)} s`),
    ),
  ].join("\n");
}

const percent = (part: number): string => `${(100 * part).toFixed(1).padStart(7)} %`;

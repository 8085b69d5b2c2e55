import type { TrainingRecord } from "./records.ts";

/** A benchmark by query: what is known of every model's answer to it. */
export interface Examples {
  /** Distinct, in order of first appearance. */
  readonly queries: readonly string[];
  /** By query. */
  readonly categories: readonly string[];
  /** Distinct, sorted. */
  readonly models: readonly string[];
  /** By query and model, row-major: mean over the records of the two, NaN where there is none. */
  readonly qualities: Float64Array;
  /** As `qualities`, in seconds. Absent unless every record has one: some with and some without cannot be compared. */
  readonly latencies?: Float64Array;
  /** As `latencies`, in the currency of the records. */
  readonly costs?: Float64Array;
}

export function groupByQuery(records: readonly TrainingRecord[]): Examples {
  const models = [...new Set(records.map(({ model }) => model))].sort();
  const columns = new Map(models.map((model, column) => [model, column]));
  const rows = new Map<string, number>();
  const categories: string[] = [];
  for (const { query, category } of records) {
    if (rows.has(query)) continue;
    rows.set(query, rows.size);
    categories.push(category);
  }
  const cells = rows.size * models.length;
  const counts = new Uint32Array(cells);
  const [qualities, latencies] = [new Float64Array(cells), new Float64Array(cells)];
  const costs = new Float64Array(cells);
  for (const record of records) {
    const { query, model, quality, latencySeconds = Number.NaN, cost = Number.NaN } = record;
    const cell = (rows.get(query) as number) * models.length + (columns.get(model) as number);
    counts[cell]!++;
    qualities[cell]! += quality;
    latencies[cell]! += latencySeconds;
    costs[cell]! += cost;
  }
  // 0 / 0 is NaN, which is what an empty cell shall hold.
  const mean = (sums: Float64Array) => sums.map((sum, cell) => sum / (counts[cell] as number));
  const timed = records.every(({ latencySeconds }) => latencySeconds !== undefined);
  const priced = records.every(({ cost }) => cost !== undefined);
  return {
    queries: [...rows.keys()],
    categories,
    models,
    qualities: mean(qualities),
    ...(timed && { latencies: mean(latencies) }),
    ...(priced && { costs: mean(costs) }),
  };
}

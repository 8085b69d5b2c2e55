import { type ExamplesOptions, gatherExamples } from "./gather-examples.ts";
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

export function groupByQuery(
  records: Iterable<TrainingRecord>,
  options: ExamplesOptions = {},
): Examples {
  const gathered = gatherExamples(options);
  for (const record of records) gathered.add(record);
  return gathered.examples();
}

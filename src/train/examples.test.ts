import { expect, test } from "vitest";
import { groupByQuery } from "./examples.ts";
import { foldsOf } from "./folds.ts";
import type { TrainingRecord } from "./records.ts";

const record = (query: string, model: string, quality: number, latencySeconds?: number) => ({
  query,
  model,
  quality,
  category: "law",
  ...(latencySeconds !== undefined && { latencySeconds }),
});

test("answers are grouped by query, repeated ones averaged, missing ones NaN", () => {
  const records: readonly TrainingRecord[] = [
    record("q", "b", 1, 2),
    record("p", "a", 0.5, 1),
    record("q", "b", 0, 4),
  ];
  expect(groupByQuery(records)).toEqual({
    queries: ["q", "p"],
    categories: ["law", "law"],
    models: ["a", "b"],
    qualities: new Float64Array([Number.NaN, 0.5, 0.5, Number.NaN]),
    latencies: new Float64Array([Number.NaN, 3, 1, Number.NaN]),
  });
});

test("latencies of some records only are of no use", () => {
  expect(groupByQuery([record("q", "a", 1, 2), record("q", "b", 1)])).not.toHaveProperty(
    "latencies",
  );
});

test.each([
  { count: 10, parts: 5 },
  { count: 3, parts: 3 },
  { count: 1, parts: 0 },
])(
  "of $count queries each is once in a test, and never in its training part",
  ({ count, parts }) => {
    const folds = foldsOf(count, 5, 1);
    expect(folds).toHaveLength(parts);
    const tests = folds.flatMap(({ test: held }) => [...held]);
    if (parts > 0) expect(tests.sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
    for (const { train, test: held } of folds) {
      expect(train.some((index) => held.includes(index))).toBe(false);
      expect(train.length + held.length).toBe(count);
    }
  },
);

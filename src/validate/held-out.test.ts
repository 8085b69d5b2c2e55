import { expect, test } from "vitest";
import { choosable, examplesAt, splitByQuery } from "./held-out.ts";
import { heldOutOf } from "./testing/held-out.ts";

const queries = Array.from({ length: 2000 }, (_, at) => `question ${at}`);

test("the split is of the size asked for, covers everything once, and another seed splits otherwise", () => {
  const { test: held, rest } = splitByQuery(queries, 0.2, 42);
  // Three standard deviations of a binomial are 54.
  expect(Math.abs(held.length - 400)).toBeLessThan(54);
  expect([...held, ...rest].sort((a, b) => a - b)).toEqual([...queries.keys()]);
  expect(splitByQuery(queries, 0.2, 43).test).not.toEqual(held);
  expect(splitByQuery(queries, 1, 42).rest).toEqual([]);
});

test("a query stays on its side whatever stands around it", () => {
  const { test: held } = splitByQuery(queries, 0.5, 1);
  const backwards = [...queries].reverse();
  const again = splitByQuery(backwards, 0.5, 1).test.map((row) => backwards[row]);
  expect(new Set(again)).toEqual(new Set(held.map((row) => queries[row])));
});

test("a larger share holds the smaller one", () => {
  const small = splitByQuery(queries, 0.1, 1).test;
  const large = new Set(splitByQuery(queries, 0.3, 1).test);
  expect(small.every((row) => large.has(row))).toBe(true);
});

test("queries with one answer leave nothing to choose", () => {
  const held = heldOutOf({
    quality: [
      [1, null],
      [1, 0],
      [null, null],
    ],
    seconds: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  });
  const rows = choosable(held);
  expect(rows).toEqual([1]);
  const { queries: kept, qualities, latencies } = examplesAt(held, rows);
  expect(kept).toEqual(["query 1"]);
  expect([...qualities]).toEqual([1, 0]);
  expect([...(latencies ?? [])]).toEqual([3, 4]);
});

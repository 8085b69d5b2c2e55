import { expect, test } from "vitest";
import { parseLine } from "./records.ts";

const record = { query: "q", category: "law", model_name: "m", performance: 0.5, response_time: 2 };
const parse = (changes: object) => parseLine(JSON.stringify({ ...record, ...changes }));

test("reads upstream's record and ignores what else it holds", () => {
  expect(parse({ response: "x", embedding_id: 3 })).toEqual({
    record: { query: "q", category: "law", model: "m", quality: 0.5, latencySeconds: 2 },
  });
});

test.each([
  { case: "no latency", changes: { response_time: undefined } },
  { case: "a latency of null", changes: { response_time: null } },
])("$case: the record has none", ({ changes }) => {
  expect(parse(changes)).toEqual({
    record: { query: "q", category: "law", model: "m", quality: 0.5 },
  });
});

test.each(["cooking", "Law"])("category %s counts as other and is told", (category) => {
  expect(parse({ category })).toMatchObject({
    record: { category: "other" },
    unknownCategory: category,
  });
});

test.each([
  { case: "an error", changes: { error: "timeout" }, want: "failed" },
  {
    case: "upstream's way to write an error",
    changes: { performance: 0, response: "Error: x" },
    want: "failed",
  },
  { case: "no performance", changes: { performance: undefined }, want: "unscored" },
  { case: "a performance of null", changes: { performance: null }, want: "unscored" },
])("$case: nothing to learn from", ({ changes, want }) => {
  expect(parse(changes)).toEqual({ skipped: want });
});

test.each([
  { changes: { performance: 1.01 }, want: "performance is 1.01, not a number from 0 to 1" },
  { changes: { performance: "1" }, want: 'performance is "1", not a number from 0 to 1' },
  { changes: { query: " " }, want: 'query is " ", not a text' },
  { changes: { model_name: undefined }, want: "model_name is missing" },
  { changes: { response_time: -1 }, want: "response_time is -1, not seconds, from 0 to 86400" },
])("$want", ({ changes, want }) => {
  expect(parse(changes)).toEqual({ problem: want });
});

test.each([
  { line: "{", want: { problem: "is not JSON" } },
  { line: "[1]", want: { problem: "holds [1], not an object" } },
  { line: " \r", want: { skipped: "blank" } },
])("line $line", ({ line, want }) => {
  expect(parseLine(line)).toEqual(want);
});

test.each([
  { field: "cost", value: 0.002, cost: 0.002 },
  { field: "cost_usd", value: 0, cost: 0 },
  { field: "cost", value: null, cost: undefined },
])("what an answer cost, where the record says it: $field $value", ({ field, value, cost }) => {
  const line = { query: "q", model_name: "m", performance: 1, category: "law", [field]: value };
  const parsed = parseLine(JSON.stringify(line));
  expect("record" in parsed && parsed.record.cost).toBe(cost);
});

test.each([-1, "free"])("a cost of %j is none", (cost) => {
  const line = { query: "q", model_name: "m", performance: 1, cost };
  expect(parseLine(JSON.stringify(line))).toEqual({
    problem: `cost is ${JSON.stringify(cost)}, not a number from 0 to 1000000000`,
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockFile } from "../files/lock-file.ts";
import type { Query } from "./queries.ts";
import { type RescoreJob, rescore } from "./rescore.ts";

const never = new AbortController().signal;

function outputOf(...rows: readonly (object | string)[]): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-rescore-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "out.jsonl");
  const lines = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

const rowsOf = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const query = (text: string, fields: Readonly<Record<string, string>>): Query => ({
  text,
  fields,
  groundTruth: fields["ground_truth"],
  metric: fields["metric"],
});

const run = (job: Pick<RescoreJob, "queries" | "output"> & Partial<RescoreJob>) =>
  rescore({ signal: never, ...job });

test("responses are judged by the truth as it stands; what else a row says stays", async () => {
  const measured = { response_time: 1.5, cost: 0.1, own: { a: 1 } };
  const output = outputOf(
    { query: "2 + 2", model_name: "a", response: "#### 4", performance: 0, ...measured },
    { query: "2 + 2", model_name: "b", response: "#### 5", performance: 1, ground_truth: "5" },
    { query: "2 + 2", model_name: "c", error: { code: "timeout", message: "late" } },
    { query: "another", model_name: "a", response: "#### 4", performance: 0.25 },
  );
  const queries = [query("2 + 2", { ground_truth: "4", metric: "GSM8K" })];
  const report = await run({ queries, output });
  expect(rowsOf(output)).toEqual([
    {
      ...{ query: "2 + 2", model_name: "a", response: "#### 4", performance: 1, ...measured },
      ...{ ground_truth: "4", metric: "GSM8K" },
    },
    {
      ...{ query: "2 + 2", model_name: "b", response: "#### 5", performance: 0 },
      ...{ ground_truth: "4", metric: "GSM8K" },
    },
    { query: "2 + 2", model_name: "c", error: { code: "timeout", message: "late" } },
    { query: "another", model_name: "a", response: "#### 4", performance: 0.25 },
  ]);
  expect(report).toMatchObject({ rows: 4, judged: 2, changed: 2 });
  expect(report.models.map((one) => [one.model, one.queries, one.performance])).toEqual([
    ["a", 2, 0.625],
    ["b", 1, 0],
    ["c", 1, null],
  ]);
  expect(await run({ queries, output })).toMatchObject({ judged: 2, changed: 0 });
});

test("queries without a truth, as a list of prompts is, take no score away", async () => {
  const row = { query: "q", model_name: "a", response: "x", performance: 1, ground_truth: "x" };
  const output = outputOf(row);
  expect(await run({ queries: [query("q", {})], output })).toMatchObject({ judged: 0, changed: 0 });
  expect(rowsOf(output)).toEqual([row]);
});

test("code keeps its score without permission, and when there is no verdict", async () => {
  const row = { query: "f", model_name: "a", response: "def f(): pass", performance: 0.5 };
  const output = outputOf(row);
  const queries = [query("f", { ground_truth: '["assert f()"]', metric: "code_eval" })];
  expect(await run({ queries, output })).toMatchObject({ judged: 0 });
  const none = async () => ({ code: "code_not_judged", message: "" });
  expect(await run({ queries, output, runCode: none })).toMatchObject({ judged: 0 });
  expect(rowsOf(output)).toEqual([row]);
  expect(await run({ queries, output, runCode: async () => 1 })).toMatchObject({ changed: 1 });
  expect(rowsOf(output)[0]).toMatchObject({ performance: 1 });
});

test.each([
  { case: "a line that is no row", last: "no JSON", code: "training_data_invalid" },
  { case: "a row of nothing", last: "null", code: "training_data_invalid" },
])("$case loses nothing", async ({ last, code }) => {
  const output = outputOf({ query: "q", model_name: "a", response: "x" }, last);
  const before = readFileSync(output, "utf8");
  const queries = [query("q", { ground_truth: "x" })];
  await expect(run({ queries, output })).rejects.toMatchObject({ code });
  expect(readFileSync(output, "utf8")).toBe(before);
});

test("a stop loses nothing; another run's file and a missing one are refused", async () => {
  const output = outputOf({ query: "q", model_name: "a", response: "x" });
  const before = readFileSync(output, "utf8");
  const queries = [query("q", { ground_truth: "x" })];
  const signal = AbortSignal.abort();
  await expect(run({ queries, output, signal })).rejects.toMatchObject({ name: "AbortError" });
  const release = lockFile(output);
  await expect(run({ queries, output })).rejects.toMatchObject({ code: "output_in_use" });
  release();
  expect(readFileSync(output, "utf8")).toBe(before);
  const missing = join(output, "../none.jsonl");
  await expect(run({ queries, output: missing })).rejects.toMatchObject({
    code: "training_data_invalid",
  });
  expect(existsSync(missing)).toBe(false);
});

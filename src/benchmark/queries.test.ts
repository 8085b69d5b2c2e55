import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readQueries } from "./queries.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-queries-"));

function written(...lines: readonly unknown[]): string {
  const path = join(folder, "queries.jsonl");
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, texts.join("\n"));
  return path;
}

test("fields are kept, and those that judging needs are understood", async () => {
  const line = { query: "q", ground_truth: 4, metric: "GSM8K", choices: null, own: [1] };
  const { queries, warnings } = await readQueries(written(line, ""));
  expect(queries).toEqual([
    {
      text: "q",
      groundTruth: "4",
      metric: "GSM8K",
      choices: [],
      fields: { ground_truth: 4, metric: "GSM8K", choices: null, own: [1] },
    },
  ]);
  expect(warnings).toEqual([]);
});

test.each([
  { choices: ["x", "y"], want: ["x", "y"] },
  { choices: { A: "x", B: "y" }, want: ["x", "y"] },
  { choices: "A) x\nB) y", want: ["A) x", "B) y"] },
  { choices: "x or y", want: new Array(10).fill("") },
  { choices: "", want: [] },
  { choices: [1, 2], want: ["1", "2"] },
])("choices $choices", async ({ choices, want }) => {
  const { queries } = await readQueries(written({ query: "q", choices }));
  expect(queries[0]?.choices).toEqual(want);
});

test("of the same query the first counts, and the limit counts queries", async () => {
  const path = written({ query: "a", n: 1 }, { query: "a", n: 2 }, { query: "b" }, { query: "c" });
  const { queries } = await readQueries(path, { limit: 2 });
  expect(queries.map(({ text, fields }) => [text, fields["n"]])).toEqual([
    ["a", 1],
    ["b", undefined],
  ]);
});

test("the shards have every query once", async () => {
  const texts = Array.from({ length: 50 }, (_, at) => `q${at}`);
  const path = written(...texts.map((query) => ({ query })));
  const parts = await Promise.all(
    [1, 2, 3].map((index) => readQueries(path, { limit: 40, shard: { index, count: 3 } })),
  );
  const found = parts.flatMap(({ queries }) => queries.map(({ text }) => text));
  expect(found.toSorted()).toEqual(texts.slice(0, 40).toSorted());
  for (const { queries } of parts) expect(queries.length).toBeGreaterThan(0);
});

test("a packed file is read", async () => {
  const path = join(folder, "queries.jsonl.gz");
  writeFileSync(path, gzipSync('{"query":"q"}\n'));
  expect((await readQueries(path)).queries).toHaveLength(1);
});

test("an unknown metric and fields that the benchmark measures are said", async () => {
  const path = written(
    { query: "a", metric: "rouge" },
    { query: "b", response: "x", metric: "CEM" },
  );
  const { warnings } = await readQueries(path);
  expect(warnings).toEqual([
    expect.stringContaining('"rouge"'),
    expect.stringContaining('"response"'),
  ]);
});

test.each([
  { line: "{", want: "line 2: is not JSON" },
  { line: "[]", want: "line 2: is no object" },
  { line: {}, want: "line 2: query is missing" },
  { line: { query: " " }, want: "line 2: query is missing" },
  { line: { query: "q", ground_truth: {} }, want: "line 2: ground_truth" },
  { line: { query: "q", metric: 1 }, want: "line 2: metric" },
])("refused with its line: $line", async ({ line, want }) => {
  await expect(readQueries(written({ query: "a" }, line))).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringContaining(want),
  });
});

test("a file without a query is refused", async () => {
  await expect(readQueries(written(""))).rejects.toMatchObject({ code: "training_data_invalid" });
});

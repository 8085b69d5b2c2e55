import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { inShard } from "../shard/shard.ts";
import { mergeShards } from "./merge-shards.ts";

let folder: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-merge-"));
  folder = made;
  onTestFinished(() => rm(made, { recursive: true }));
});

const write = (name: string, lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
};
const queryOf = (line: string): string => JSON.parse(line).query;

/** As the shards of a job write them. */
const shardFiles = (lines: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_, at) =>
    write(
      `part${at}`,
      lines.filter((line) => inShard(queryOf(line), { index: at + 1, count })),
    ),
  );

async function merged(paths: readonly string[], input?: string) {
  const output = join(folder, "out");
  const report = await mergeShards({ paths, output, input });
  return { report, lines: readFileSync(output, "utf8").split("\n").slice(0, -1) };
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const labelled = (query: string, at: number) => JSON.stringify({ query, at, category: "math" });

test("rows of a label job come back in the input's order, whatever repeats in it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (queries, count) => {
        const lines = queries.map((query, at) => labelled(`query ${query}`, at));
        const input = write(
          "input",
          queries.map((query) => JSON.stringify({ query: `query ${query}` })),
        );
        const paths = shardFiles(lines, count).reverse();
        expect((await merged(paths, input)).lines).toEqual(lines);
      },
    ),
    { numRuns: 60 },
  );
});

const queries = numbers(30).map((at) => `query ${at}`);
const models = ["a", "b", "c"];
const answered = (query: string, model_name: string) => JSON.stringify({ query, model_name });

test.each([
  {
    case: "model after model",
    lines: models.flatMap((model) => queries.map((query) => answered(query, model))),
  },
  {
    case: "query after query",
    lines: queries.flatMap((query) => models.map((model) => answered(query, model))),
  },
])("rows of a benchmark come back $case", async ({ lines }) => {
  // A query that is there twice is asked once.
  const input = write(
    "input",
    [...queries, "query 3"].map((query) => JSON.stringify({ query })),
  );
  expect((await merged(shardFiles(lines, 4), input)).lines).toEqual(lines);
});

test.each([
  {
    // As many rows as the input has, and yet not one for each.
    case: "every query twice, two models",
    given: [...queries, ...queries].toSorted(),
    lines: ["a", "b"].flatMap((model) => queries.toSorted().map((query) => answered(query, model))),
  },
  {
    case: "every query twice, and labels",
    given: [...queries, ...queries].toSorted(),
    lines: [...queries, ...queries].toSorted().map(labelled),
  },
])("$case: the order that the rows have", async ({ given, lines }) => {
  const input = write(
    "input",
    given.map((query) => JSON.stringify({ query })),
  );
  expect((await merged(shardFiles(lines, 3), input)).lines).toEqual(lines);
});

test("of a job with a limit", async () => {
  const lines = models.flatMap((model) =>
    queries.slice(0, 7).map((query) => answered(query, model)),
  );
  const input = write(
    "input",
    queries.map((query) => JSON.stringify({ query })),
  );
  const output = join(folder, "out");
  await mergeShards({ paths: shardFiles(lines, 3), output, input, limit: 7 });
  expect(readFileSync(output, "utf8")).toBe(`${lines.join("\n")}\n`);
});

test("lines of the input that are no records have none in the output", async () => {
  const lines = queries.map(labelled);
  const input = write("input", [
    "nonsense",
    ...queries.map((query) => JSON.stringify({ query })),
    "",
    "[]",
  ]);
  expect((await merged(shardFiles(lines, 3), input)).lines).toEqual(lines);
});

test("without the input: shard after shard, whatever order they are given in", async () => {
  const lines = queries.map(labelled);
  const paths = shardFiles(lines, 3);
  const first = await merged(paths);
  expect((await merged(paths.toReversed())).lines).toEqual(first.lines);
  expect(first.lines.toSorted()).toEqual(lines.toSorted());
  expect(first.report.shards.map(({ shard }) => shard)).toEqual(["1/3", "2/3", "3/3"]);
});

test("rows that repeat another to the letter are counted, and kept", async () => {
  const lines = [
    ...queries.map((query) => labelled(query, 0)),
    labelled("query 3", 0),
    labelled("query 3", 1),
  ];
  const { report, lines: all } = await merged(shardFiles(lines, 3));
  expect(report).toMatchObject({ rows: 32, duplicates: 1 });
  expect(all).toHaveLength(32);
});

test("a shard without queries is one of them", async () => {
  const lines = ["query 1"].map(labelled);
  const input = write("input", lines);
  const { report, lines: all } = await merged(shardFiles(lines, 3), input);
  expect(all).toEqual(lines);
  expect(report.shards.map(({ rows }) => rows).toSorted()).toEqual([0, 0, 1]);
});

const all = queries.map(labelled);
const input = () => write("input", all);
const cut = (path: string): string => {
  writeFileSync(path, readFileSync(path, "utf8").split("\n").slice(1).join("\n"));
  return path;
};
test.each([
  {
    case: "one is missing",
    paths: () => shardFiles(all, 3).slice(1),
    says: /has queries of 1\/2 and of 2\/2|2\/2 and of 1\/2/,
  },
  {
    case: "one is given in place of another",
    paths: () => {
      const [first = "", second = ""] = shardFiles(all, 3);
      return [first, second, first];
    },
    says: /are both shard 1\/3/,
  },
  {
    case: "one is given twice",
    paths: () => [...shardFiles(all, 3), join(folder, "part0")],
    says: /has queries of \d\/4/,
  },
  {
    case: "one is cut off",
    paths: () => shardFiles(all, 3).map((path, at) => (at === 1 ? cut(path) : path)),
    input,
    says: /30 queries/,
  },
  {
    case: "one lost a row and another has one twice",
    paths: () => {
      const [first = "", second = "", third = ""] = shardFiles(all, 3);
      const [row = ""] = readFileSync(first, "utf8").split("\n");
      writeFileSync(first, `${row}\n${readFileSync(first, "utf8")}`);
      return [first, cut(second), third];
    },
    input,
    says: /has not the rows of/,
  },
  {
    case: "they are of another input",
    paths: () =>
      shardFiles(
        queries.map((query, at) => labelled(`${query}!`, at)),
        3,
      ),
    input,
    says: /has not the rows of/,
  },
  {
    case: "it is no shard",
    paths: () => [write("x", all), write("y", all)],
    says: /has queries of/,
  },
  {
    case: "a line is no record",
    paths: () => [write("x", ["nonsense"])],
    says: /line 1 is not JSON/,
  },
  { case: "a file is not there", paths: () => [join(folder, "none")], says: /cannot be read/ },
])("refused when $case, and nothing is written", async ({ paths, input, says }) => {
  const job = { paths: paths(), output: join(folder, "out"), input: input?.() };
  await expect(mergeShards(job)).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringMatching(says),
  });
  expect(() => readFileSync(job.output)).toThrow();
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, onTestFinished, test } from "vitest";
import { readTable } from "./read-table.ts";
import { sampleRows } from "./sample-rows.ts";

function fileOf(name: string, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-table-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function rowsOf(path: string) {
  const rows = [];
  for await (const row of readTable(path)) rows.push(row);
  return rows;
}

const two = [
  { a: "x", b: "1" },
  { a: "y, z", b: "2" },
];
const lines = two.map((row) => JSON.stringify(row)).join("\n");
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: "a", data: two.map((row) => row.a) },
      { name: "b", data: two.map((row) => row.b) },
    ],
    rowGroupSize: 1,
  }),
);

test.each([
  { name: "a.jsonl", content: `${lines}\n\n` },
  { name: "a.jsonl.gz", content: gzipSync(lines) },
  { name: "a.json", content: lines },
  { name: "a.json", content: `\n ${JSON.stringify(two, null, 1)}` },
  { name: "a.json", content: JSON.stringify({ version: 1, data: two }, null, 1) },
  { name: "a.json.gz", content: gzipSync(JSON.stringify({ data: two }, null, 1)) },
  { name: "a.csv", content: '\uFEFFa,b\r\nx,1\r\n"y, z",2\r\n' },
  { name: "a.csv.gz", content: gzipSync('a,b\nx,1\n"y, z",2') },
  { name: "a.tsv", content: "a\tb\nx\t1\ny, z\t2\n" },
  { name: "a.parquet", content: parquet },
])("the rows of $name", async ({ name, content }) => {
  expect(await rowsOf(fileOf(name, content))).toEqual(two);
});

test("plain text is a row a line", async () => {
  expect(await rowsOf(fileOf("a.en", "one\n\n two\n"))).toEqual([
    { text: "one" },
    { text: " two" },
  ]);
});

test("numbers of 64 bits, lists and missing values of Parquet", async () => {
  const content = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "n", data: [1n, 2n] },
        { name: "s", data: [null, "x"] },
      ],
    }),
  );
  expect(await rowsOf(fileOf("a.parquet", content))).toEqual([
    { n: 1n, s: null },
    { n: 2n, s: "x" },
  ]);
});

test.each([
  { name: "a.jsonl", content: `${lines}\n{"a":`, want: "line 3" },
  { name: "a.jsonl", content: `${lines}\n[1]`, want: "line 3" },
  { name: "a.json", content: "[1, 2]", want: "row 1" },
  { name: "a.json", content: '{\n"a": 1\n}', want: "no list of rows" },
  { name: "a.csv", content: 'a,b\n"x', want: "a.csv" },
  { name: "a.csv", content: "a,b\nx,1,2", want: "line 2" },
  { name: "a.parquet", content: parquet.subarray(0, parquet.length - 9), want: "a.parquet" },
  { name: "a.parquet", content: parquet.subarray(0, 7), want: "a.parquet" },
  { name: "a.parquet", content: "", want: "a.parquet" },
  { name: "a.jsonl.gz", content: "no gzip", want: "a.jsonl.gz" },
])("refused by its place: $name with $want", async ({ name, content, want }) => {
  await expect(rowsOf(fileOf(name, content))).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringContaining(want),
  });
});

test("a column whose bytes were overwritten is no fault of ours", async () => {
  const broken = Uint8Array.from(parquet).fill(0xff, 4, 60);
  await expect(rowsOf(fileOf("a.parquet", broken))).rejects.toMatchObject({
    code: "training_data_invalid",
  });
});

async function* counting(count: number) {
  for (let at = 0; at < count; at++) yield at;
}

test("a sample is even, in order, and the same for the same seed", async () => {
  const { rows, total } = await sampleRows(counting(10_000), 1000, 7);
  expect(total).toBe(10_000);
  expect(rows).toHaveLength(1000);
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  expect(new Set(rows).size).toBe(1000);
  // The mean of 1,000 of 0 to 9,999 differs from 5,000 by more than 500 once in ten million.
  expect(Math.abs(rows.reduce((sum, at) => sum + at, 0) / 1000 - 5000)).toBeLessThan(500);
  expect((await sampleRows(counting(10_000), 1000, 7)).rows).toEqual(rows);
  expect((await sampleRows(counting(10_000), 1000, 8)).rows).not.toEqual(rows);
  expect((await sampleRows(counting(5), 1000, 7)).rows).toEqual([0, 1, 2, 3, 4]);
});

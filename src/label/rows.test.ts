import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { type BadRow, type Row, readRows, withCategory } from "./rows.ts";

test.each([
  { line: '{"query":"x"}', want: '{"query":"x","category":"math"}' },
  {
    line: '{"query": "a } b", "n": {"m": 1}} \r',
    want: '{"query": "a } b", "n": {"m": 1},"category":"math"}',
  },
  { line: '{"query":"x","category":null,"n":1}', want: '{"query":"x","category":"math","n":1}' },
  { line: '{"cat\\u0065gory":"law","query":"x"}', want: '{"category":"math","query":"x"}' },
  // Python writes 1.0, and ids that are longer than a double.
  {
    line: '{"query":"x","p":1.0,"id":12345678901234567890}',
    want: '{"query":"x","p":1.0,"id":12345678901234567890,"category":"math"}',
  },
  {
    line: '{"category":"","p":1.0,"id":12345678901234567890,"big":1e999}',
    want: '{"category":"math","p":1.0,"id":12345678901234567890,"big":1e999}',
  },
  {
    line: '{"query":"x","nested":{"category":"law"}}',
    want: '{"query":"x","nested":{"category":"law"},"category":"math"}',
  },
  {
    line: '{"__proto__":{"category":"law"},"query":"x"}',
    want: '{"__proto__":{"category":"law"},"query":"x","category":"math"}',
  },
])("$line gets a category, and nothing else of it changes", ({ line, want }) => {
  expect(withCategory(line, "math")).toBe(want);
});

const lines = [
  '{"query":"a"}',
  "",
  "not JSON",
  '{"query":"a","category":"law"}',
  "[1]",
  '{"query":7}',
  '{"q":1}',
  '{"query":" "}',
  '{"query":"b","category":""}',
];

test.each(["plain.jsonl", "packed.jsonl.gz"])(
  "%s: rows, and lines that are none by their number",
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-rows-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const text = `${lines.join("\n")}\n`;
    writeFileSync(join(folder, name), name.endsWith(".gz") ? gzipSync(text) : text);
    const rows: (Row | BadRow)[] = [];
    for await (const row of readRows(join(folder, name))) rows.push(row);
    expect(
      rows.map((row) =>
        "problem" in row ? `${row.number} ${row.problem}` : `${row.query} ${row.category}`,
      ),
    ).toEqual([
      "a undefined",
      "3 is not JSON",
      "a law",
      "5 is not a JSON object",
      "6 query is not a text",
      "7 query is missing",
      "8 query is not a text",
      "b undefined",
    ]);
    expect(rows.at(-1)?.bytesRead).toBe(text.length);
  },
);

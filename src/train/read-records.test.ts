import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxLineBytes, split } from "./lines.ts";
import { readRecords } from "./read-records.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-records-"));
function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  const text = lines.join("\n");
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
}
const line = (query: string, more: object = {}) =>
  JSON.stringify({ query, model_name: "m", performance: 1, category: "law", ...more });

test.each(["plain.jsonl", "packed.jsonl.gz"])("%s is read, blank lines left out", async (name) => {
  const { records, warnings } = await readRecords(file(name, [line("a"), "", line("b"), ""]));
  expect(records.map(({ query }) => query)).toEqual(["a", "b"]);
  expect(warnings).toEqual([]);
});

const bad = ["{", line("a"), line("b", { performance: 7 }), line("c", { error: "x" })];

test("all bad lines are told, with their numbers", async () => {
  await expect(readRecords(file("bad.jsonl", bad))).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringMatching(/line 1: is not JSON; line 3: performance is 7/),
  });
});

test("or skipped", async () => {
  const read = await readRecords(file("bad.jsonl", bad), { skipBadLines: true });
  expect(read.records).toHaveLength(1);
  expect(read.skipped).toEqual({ failed: 1, unscored: 0, bad: 2 });
  expect(read.warnings).toEqual([expect.stringContaining("2 bad lines are left out")]);
});

test("of many bad lines the first twenty are shown", async () => {
  await expect(readRecords(file("worse.jsonl", Array(50).fill("{")))).rejects.toThrow(
    /line 20: is not JSON; and 30 more/,
  );
});

test("a limit keeps the first queries whole", async () => {
  const path = file("many.jsonl", [
    line("a"),
    line("b"),
    line("a", { model_name: "n" }),
    line("c"),
  ]);
  const { records } = await readRecords(path, { maxQueries: 2 });
  expect(records.map(({ query, model }) => query + model)).toEqual(["am", "bm", "an"]);
});

test("unknown categories are told once", async () => {
  const path = file("odd.jsonl", [line("a", { category: "x" }), line("b", { category: "x" })]);
  expect((await readRecords(path)).warnings).toEqual([
    '"x": not one of the 14 categories, counted as other',
  ]);
});

test.each([
  { case: "missing", path: join(folder, "none"), want: "cannot be read" },
  { case: "missing and packed", path: join(folder, "none.gz"), want: "cannot be read" },
  {
    case: "not packed",
    path: file("not.gz.jsonl", [""]).replace(".jsonl", ""),
    want: "cannot be read",
  },
  { case: "empty", path: file("empty.jsonl", []), want: "holds no record" },
])("a file that is $case is refused", async ({ path, want }) => {
  await expect(readRecords(path)).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringContaining(want),
  });
});

async function lines(chunks: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const one of split(stream())) found.push(one);
  return found;
}

test("lines do not depend on the chunks they come in", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.integer({ min: 1, max: 5 }), async (texts, size) => {
      const bytes = Buffer.from(texts.map((text) => `${text.replaceAll("\n", "")}\n`).join(""));
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(await lines(chunks)).toEqual(await lines([bytes]));
    }),
  );
});

test("a line without end is refused before it fills the memory", async () => {
  const chunk = Buffer.alloc(1024 ** 2, "a");
  const chunks = Array(maxLineBytes / chunk.length + 1).fill(chunk);
  await expect(lines(chunks)).rejects.toMatchObject({ code: "training_data_invalid" });
});

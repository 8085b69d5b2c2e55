import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxLineBytes, split } from "./lines.ts";
import { readExamples } from "./read-examples.ts";
import { splitPlace } from "./split.ts";

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
  const { examples, records } = await readExamples(file(name, [line("a"), "", line("b"), ""]));
  expect(examples.queries).toEqual(["a", "b"]);
  expect(records).toBe(2);
});

const bad = ["{", line("a"), line("b", { performance: 7 }), line("c", { error: "x" })];

test("all bad lines are told, with their numbers", async () => {
  await expect(readExamples(file("bad.jsonl", bad))).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringMatching(/line 1: is not JSON; line 3: performance is 7/),
  });
});

test("or skipped", async () => {
  const read = await readExamples(file("bad.jsonl", bad), { refuse: "nothing" });
  expect(read.examples.queries).toEqual(["a"]);
  expect(read.skipped).toEqual({ failed: 1, unscored: 0, bad: 2 });
  expect(read.warnings).toContainEqual(expect.stringContaining("2 bad lines are left out"));
});

test("of many bad lines the first twenty are shown", async () => {
  await expect(readExamples(file("worse.jsonl", Array(50).fill("{")))).rejects.toThrow(
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
  const { examples } = await readExamples(path, { limit: 2 });
  expect(examples.queries).toEqual(["a", "b"]);
  expect(examples.models).toEqual(["m", "n"]);
  expect([...examples.qualities]).toEqual([1, 1, 1, Number.NaN]);
});

const doubtful = [
  ...Array.from({ length: 30 }, (_, at) => line(`q${at}`)),
  line("a", { category: "comp sci" }),
  line("b", { category: "comp sci" }),
  line("c", { category: "xyzzy" }),
  line("q3"),
  line("q3", { model_name: "rare" }),
];

test("what is doubtful is told once, each kind", async () => {
  const { warnings } = await readExamples(file("odd.jsonl", doubtful));
  expect(warnings).toEqual([
    `"comp sci" (did you mean 'computer science'?) on line 31, "xyzzy" on line 33: not one of the 14 categories, counted as other`,
    "1 records are of a model and a query that had one before: averaged",
    "fewer than 20 queries were answered by rare (1): too few to learn from",
  ]);
});

test.each([
  { doubt: "an unknown category", more: line("z", { category: "xyzzy" }), want: "xyzzy" },
  { doubt: "a repeated pair", more: line("q3"), want: "averaged" },
  { doubt: "a model with few answers", more: line("z", { model_name: "rare" }), want: "rare" },
  { doubt: "a bad line", more: line("z", { response_time: -1 }), want: "response_time is -1" },
])("or the file is refused for $doubt", async ({ more, want }) => {
  const good = doubtful.slice(0, 30);
  await expect(readExamples(file("good.jsonl", good), { refuse: "doubts" })).resolves.toMatchObject(
    {
      warnings: [],
    },
  );
  await expect(
    readExamples(file("doubt.jsonl", [...good, more]), { refuse: "doubts" }),
  ).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringContaining(want),
  });
});

const many = Array.from({ length: 400 }, (_, at) => line(`question ${at % 200}`));

test("of more queries than fit a sample is kept, the same in every order", async () => {
  const options = { maxQueries: 50, seed: 3 };
  const forth = await readExamples(file("forth.jsonl", many), options);
  const back = await readExamples(file("back.jsonl", many.toReversed()), options);
  expect(forth.examples.queries).toHaveLength(50);
  expect(forth.records).toBe(400);
  expect(Math.abs(forth.queriesSeen - 200)).toBeLessThan(80);
  expect(new Set(back.examples.queries)).toEqual(new Set(forth.examples.queries));
  const other = await readExamples(file("forth.jsonl", many), { ...options, seed: 4 });
  expect(new Set(other.examples.queries)).not.toEqual(new Set(forth.examples.queries));
  expect(forth.examples.qualities.every((quality) => quality === 1)).toBe(true);
});

test("texts are limited too", async () => {
  const { examples } = await readExamples(file("long.jsonl", many), { maxCharacters: 500 });
  expect(examples.queries.join("").length).toBeLessThanOrEqual(500);
  expect(examples.queries.length).toBeGreaterThan(20);
});

test("a file in which each record names another model is refused before it fills the memory", async () => {
  const odd = Array.from({ length: 100 }, (_, at) => line("q", { model_name: `m${at}` }));
  await expect(
    readExamples(file("models.jsonl", odd), { maxCells: 50 * 1024 }),
  ).rejects.toMatchObject({
    code: "training_data_invalid",
    remedy: expect.stringContaining("model_name"),
  });
});

test("what is held out is not read, and all of the rest is", async () => {
  const path = file("held.jsonl", many);
  const all = (await readExamples(path)).examples.queries;
  const { examples, heldOut } = await readExamples(path, { holdOut: { share: 0.3, seed: 42 } });
  const rest = all.filter((query) => splitPlace(query, 42) >= 0.3);
  expect(examples.queries).toEqual(rest);
  expect(heldOut).toBe(all.length - rest.length);
  expect(heldOut).toBeGreaterThan(30);
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
  await expect(readExamples(path)).rejects.toMatchObject({
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

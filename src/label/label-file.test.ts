import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { inShard } from "../shard/shard.ts";
import { type LabelJob, labelFile } from "./label-file.ts";
import type { Labeller } from "./labeller.ts";

let folder: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-label-"));
  folder = made;
  onTestFinished(() => rm(made, { recursive: true }));
});

const names = ["math", "law", "biology"];
const domainOf = (text: string): string => names[text.length % 3] as string;

/** Real enough: it answers later, the longer texts first. */
function labellerOf(answer: (text: string) => string = domainOf, by = "test") {
  const asked: string[] = [];
  let [now, most] = [0, 0];
  const labeller: Labeller = {
    by,
    async label(text) {
      asked.push(text);
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 5 - (text.length % 5)));
      now--;
      return answer(text);
    },
    close: async () => undefined,
  };
  return { labeller, asked, mostAtOnce: () => most };
}

const write = (lines: readonly string[]): string => {
  const path = join(folder, "in.jsonl");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
};
const output = () => join(folder, "out.jsonl");
const outputLines = () => readFileSync(output(), "utf8").split("\n").slice(0, -1);

const label = (job: Partial<LabelJob> & Pick<LabelJob, "labeller">) =>
  labelFile({ input: join(folder, "in.jsonl"), output: output(), concurrency: 4, ...job });

const records = (count: number, distinct: number) =>
  Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      query: "q".repeat(1 + (at % distinct)),
      model_name: `m${at}`,
      performance: 0.5,
    }),
  );

test("one question a distinct query, so many at once, and the rows in their order", async () => {
  const lines = records(100, 10);
  write(lines);
  const { labeller, asked, mostAtOnce } = labellerOf();
  const report = await label({ labeller });
  expect(new Set(asked).size).toBe(10);
  expect(asked).toHaveLength(10);
  expect(mostAtOnce()).toBe(4);
  expect(outputLines()).toEqual(
    lines.map((line) => `${line.slice(0, -1)},"category":"${domainOf(JSON.parse(line).query)}"}`),
  );
  expect(report).toMatchObject({
    rows: 100,
    labelled: 100,
    kept: 0,
    unlabelled: 0,
    asked: 10,
    resumed: 0,
  });
  expect(readdirSync(folder).sort()).toEqual(["in.jsonl", "out.jsonl"]);
});

test("a category that is there is kept to the byte, or replaced with overwrite", async () => {
  const kept = '{"category": "Something else", "query": "qq", "p": 1.0}';
  write([kept, '{"query":"qq"}', '{"query":"q","category":null}']);
  const { labeller, asked } = labellerOf();
  expect(await label({ labeller })).toMatchObject({ labelled: 2, kept: 1 });
  expect(outputLines()).toEqual([
    kept,
    '{"query":"qq","category":"biology"}',
    '{"query":"q","category":"law"}',
  ]);
  expect(asked).toEqual(["qq", "q"]);
  expect(await label({ labeller, overwrite: true })).toMatchObject({ labelled: 3, kept: 0 });
  expect(outputLines()[0]).toBe('{"category":"biology","query":"qq","p":1.0}');
});

test("lines that are no records are left out and counted by their number; strict stops there", async () => {
  write(['{"query":"q"}', "nonsense", "", '{"model":1}', '{"query":"qq"}']);
  const { labeller } = labellerOf();
  const report = await label({ labeller });
  expect(report).toMatchObject({
    rows: 2,
    bad: 2,
    badLines: ["line 2: is not JSON", "line 4: query is missing"],
  });
  expect(outputLines()).toHaveLength(2);
  await expect(label({ labeller, strict: true })).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: expect.stringContaining("line 2: is not JSON"),
  });
});

test("a query without a label: its rows stay as they are, it is asked once, and the next run asks it again", async () => {
  const lines = records(9, 3);
  write(lines);
  const failing = labellerOf((text) => {
    if (text === "qq") throw new Error("it answered 500");
    return domainOf(text);
  });
  const report = await label({ labeller: failing.labeller });
  expect(report).toMatchObject({
    labelled: 6,
    unlabelled: 3,
    failed: 1,
    reasons: { "it answered 500": 1 },
  });
  expect(failing.asked).toHaveLength(3);
  expect(outputLines()[1]).toBe(lines[1]);
  expect(existsSync(`${output()}.labels`)).toBe(true);
  const { labeller, asked } = labellerOf();
  expect(await label({ labeller })).toMatchObject({ labelled: 9, asked: 1, resumed: 2, failed: 0 });
  expect(asked).toEqual(["qq"]);
  expect(existsSync(`${output()}.labels`)).toBe(false);
});

test("when nothing works any more it stops, keeps what it has, and writes no output", async () => {
  write(records(500, 500));
  let answers = 0;
  const { labeller, asked } = labellerOf(() => {
    if (answers++ >= 30) throw new Error("it answered 503");
    return "math";
  });
  await expect(label({ labeller })).rejects.toMatchObject({
    code: "label_server_failed",
    detail: "20 queries in a row have no label: it answered 503",
  });
  expect(asked.length).toBeLessThan(60);
  expect(existsSync(output())).toBe(false);
  expect(await label({ labeller: labellerOf().labeller })).toMatchObject({
    resumed: 30,
    asked: 470,
  });
});

test("the end of an earlier run may have cut its last line off", async () => {
  write(records(6, 6));
  const { labeller } = labellerOf((text) => {
    if (text.length === 6) throw new Error("no");
    return domainOf(text);
  });
  await label({ labeller });
  const journal = `${output()}.labels`;
  const whole = readFileSync(journal, "latin1");
  appendFileSync(journal, "0123456789abcdef0123456789abc");
  expect(await label({ labeller })).toMatchObject({ resumed: 5 });
  expect(readFileSync(journal, "latin1")).toBe(whole);
});

test.each([
  { case: "of another labeller", content: '{"labels_of":"other"}\n', code: "config_invalid" },
  { case: "of something else", content: "important text\n", code: "config_invalid" },
  { case: "damaged", content: '{"labels_of":"test"}\nzz math\n', code: "artifact_invalid" },
])("a file of labels that is $case is refused and not touched", async ({ content, code }) => {
  write(records(3, 3));
  writeFileSync(`${output()}.labels`, content);
  await expect(label({ labeller: labellerOf().labeller })).rejects.toMatchObject({ code });
  expect(readFileSync(`${output()}.labels`, "utf8")).toBe(content);
});

test("a shard has its queries' rows, in order, and its share of the bad lines", async () => {
  const lines = [...records(60, 20), "bad 1", "bad 2", "bad 3"];
  write(lines);
  const { labeller } = labellerOf();
  const parts = [];
  for (const index of [1, 2, 3]) {
    const shard = { index, count: 3 };
    const report = await label({ labeller, shard, output: join(folder, `part${index}`) });
    const rows = readFileSync(join(folder, `part${index}`), "utf8")
      .split("\n")
      .slice(0, -1);
    const wanted = lines.slice(0, 60).filter((line) => inShard(JSON.parse(line).query, shard));
    expect(rows.map((row) => JSON.parse(row).model_name)).toEqual(
      wanted.map((row) => JSON.parse(row).model_name),
    );
    parts.push(report);
  }
  expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(60);
  expect(parts.reduce((sum, { bad }) => sum + bad, 0)).toBe(3);
});

test("an input that is not there, and an output that cannot be written", async () => {
  const { labeller } = labellerOf();
  await expect(label({ labeller, input: join(folder, "none") })).rejects.toMatchObject({
    code: "training_data_invalid",
  });
  write(records(1, 1));
  writeFileSync(join(folder, "file"), "");
  await expect(label({ labeller, output: join(folder, "file", "below") })).rejects.toMatchObject({
    code: "output_unwritable",
  });
});

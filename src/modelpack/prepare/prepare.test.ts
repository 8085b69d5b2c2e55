import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, onTestFinished, test } from "vitest";
import { localHub } from "../../hub/testing/local-hub.ts";
import { type Family, families, tasks } from "../../tasks.ts";
import { readPipeline } from "../pipeline/read-pipeline.ts";
import { isPair, type PreparedRow, parsePreparedRow, preparedFileName, splits } from "../rows.ts";
import { type PrepareJob, prepare } from "./prepare.ts";
import { readTable } from "./read-table.ts";
import { type Mood, writingLlm } from "./testing/writing-llm.ts";

const patience = { silenceMs: 5000, pausesMs: [1, 1], maxRetryAfterMs: 1000 };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-prepare-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const bank = ["My card was eaten", "Top up failed", "Where is my transfer", "Change my pin code"];
const premises = ["A man sleeps", "A dog runs", "It rains", "Nobody is here"];

const hubFiles = {
  "README.md": "---\nlicense: mit\n---\n",
  "bank/train.csv": `text,label\n${bank.map((text) => `${text},1`).join("\n")}\n`,
  "nli/train-0.parquet": Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: "premise", data: premises.flatMap((one) => [one, one]) },
        { name: "hypothesis", data: premises.flatMap((one) => [`${one} now`, `Not so: ${one}`]) },
        { name: "label", data: premises.flatMap(() => [0n, 2n]) },
      ],
    }),
  ),
  "chat/train.jsonl": Array.from({ length: 40 }, (_, at) =>
    JSON.stringify({ messages: [{ content: `Question ${at}?` }, { content: `Answer ${at}!` }] }),
  ).join("\n"),
};

const datasets = `
[[datasets]]
name = "bank"
target = "router"
dataset_id = "owner/name"
config = "bank"
required = true
task = "query_domain"
label = "finance"

[[datasets]]
name = "nli"
target = "pair"
dataset_id = "owner/name"
config = "nli"
task = "conflict_detection"
text_field = "premise"
text_b_field = "hypothesis"
label_map = { 0 = "no_conflict", 2 = "conflict" }

[[datasets]]
name = "chat"
target = "seed"
dataset_id = "owner/name"
config = "chat"
`;

interface Asking extends Partial<PrepareJob> {
  readonly folder?: string;
  readonly target?: number;
  readonly attempts?: number;
  readonly toml?: string;
}

/** A run against a local hub, in a folder of its own unless one is given. */
async function setUp(files: Parameters<typeof localHub>[0] = hubFiles) {
  const hub = await localHub(files, { kind: "dataset" });
  onTestFinished(() => hub.close());
  const folder = newFolder();
  const said: string[] = [];
  const path = join(folder, "model_pipeline.toml");
  const settings = { endpoint: hub.endpoint, cacheFolder: join(folder, "cache"), offline: false };
  const never = new AbortController().signal;

  function run({ target = 3, attempts = 4, toml = datasets, ...job }: Asking = {}) {
    writeFileSync(
      path,
      `[paths]
prepared_dir = "prepared"
datasets_cache_dir = "raw"
[prepare]
target_per_task_label = ${target}
[synthetic_llm]
batch_size = 6
max_retries = 0
max_attempts_per_label = ${attempts}
${toml}`,
    );
    const pipeline = readPipeline(path, ["paths", "prepare", "synthetic_llm"]);
    return prepare({
      ...{ configPath: path, pipeline, llm: undefined, noLlm: false, forceFull: false },
      ...{ allowMissing: false, stop: { soon: never, now: never }, say: (line) => said.push(line) },
      hub: { settings, patience },
      ...job,
    });
  }
  const prepared = join(folder, "prepared");
  return { hub, folder, prepared, said, run };
}

async function llmIn(mood?: (request: number) => Mood) {
  const server = await writingLlm(mood);
  onTestFinished(() => server.close());
  const llm = { provider: "test", model: "m", endpoint: new URL(server.endpoint), apiKey: "key-1" };
  return { ...server, llm };
}

const rowsOf = (folder: string, family: Family, split: (typeof splits)[number]): PreparedRow[] =>
  gunzipSync(readFileSync(join(folder, preparedFileName(family, split))))
    .toString("utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => parsePreparedRow(family, line, "x"));

const allRowsOf = (folder: string, some: readonly Family[]) =>
  some.flatMap((family) => splits.flatMap((split) => rowsOf(folder, family, split)));

const allRows = (folder: string) => allRowsOf(folder, families);

const bytesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== "manifest.json")
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );

const textOf = (row: PreparedRow) => (isPair(row) ? `${row.text_a}\0${row.text_b}` : row.text);

/** Where each row stands. */
const sides = (folder: string, some: readonly Family[] = families) =>
  new Map(
    some.flatMap((family) =>
      splits.flatMap((split) =>
        rowsOf(folder, family, split).map((row) => [
          `${row.task}\0${row.label}\0${textOf(row)}`,
          split,
        ]),
      ),
    ),
  );

test("from an empty folder to full splits; then again, and nobody is asked and nothing moves; then more", async () => {
  const { run, prepared, hub } = await setUp();
  const { llm, requests, asked } = await llmIn();
  const report = await run({ llm });
  expect(report).toMatchObject({ underfilled: [], stopped: false });
  for (const { name, labels, optional } of tasks) {
    if (optional) continue;
    const rows = allRows(prepared).filter(({ task }) => task === name);
    for (const label of labels) {
      expect([name, label, rows.filter((one) => one.label === label).length]).toEqual([
        name,
        label,
        3,
      ]);
    }
  }
  const finance = allRows(prepared).filter(
    ({ label, task }) => task === "query_domain" && label === "finance",
  );
  expect(finance.map(({ source, license }) => [source, license])).toEqual(
    Array(3).fill(["hf:bank", "mit"]),
  );
  expect(finance.every((row) => bank.includes(textOf(row)))).toBe(true);
  expect(asked[0]?.headers["authorization"]).toBe("Bearer key-1");

  const manifest = JSON.parse(readFileSync(join(prepared, "manifest.json"), "utf8"));
  expect(manifest).toMatchObject({
    config_path: "../model_pipeline.toml",
    incremental: { mode: "missing_only", updated: { router: true, extractor: true, pair: true } },
    datasets: { bank: { loaded: true, rows: 4, taken: 3, license: "mit" }, chat: { loaded: true } },
    router: { rows: 168, licenses: { synthetic: 165, mit: 3 } },
  });
  // A third each, as far as the rows of one seed can be parted.
  for (const count of Object.values(manifest.router.splits)) expect(count).toBeGreaterThan(40);
  expect(JSON.stringify(manifest)).not.toContain(tmpdir());
  expect(JSON.stringify(manifest)).not.toContain("key-1");
  const table = [];
  for await (const row of readTable(join(prepared, "pair_test.parquet"))) table.push(row);
  expect(table.map((row) => row["text_a"])).toEqual(
    rowsOf(prepared, "pair", "test").map((row) => isPair(row) && row.text_a),
  );

  const before = bytesOf(prepared);
  const [llmRequests, hubRequests] = [requests(), hub.asked.length];
  expect(await run({ llm })).toMatchObject({ underfilled: [] });
  expect([requests(), bytesOf(prepared)]).toEqual([llmRequests, before]);
  expect(hub.asked.length - hubRequests).toBeLessThan(12);

  const first = sides(prepared);
  await run({ llm, target: 6 });
  const second = sides(prepared);
  expect(second.size).toBe(2 * first.size);
  for (const [row, split] of first) expect(second.get(row)).toBe(split);
});

test("whatever the LLM does, the run goes on and the labels are filled", async () => {
  const moods: readonly Mood[] = [
    "refuses",
    "repeats",
    "cuts",
    "fails",
    "lies",
    "copies",
    undefined,
  ];
  const { run, prepared } = await setUp();
  const { llm } = await llmIn((request) => moods[request % moods.length]);
  expect(await run({ llm, attempts: 50 })).toMatchObject({ underfilled: [] });
  const texts = allRows(prepared).map(textOf);
  expect(texts.filter((text) => /sorry|Question \d/.test(text))).toEqual([]);
});

test("a server that does not know JSON mode is asked without", async () => {
  const { run } = await setUp();
  const { llm, asked } = await llmIn(() => "no_json");
  expect(await run({ llm })).toMatchObject({ underfilled: [] });
  const withMode = asked.filter(({ body }) => "response_format" in body).length;
  expect(withMode).toBeLessThanOrEqual(4 * families.length);
});

test("a label that the LLM cannot write is told, and the others are filled", async () => {
  const { run, prepared } = await setUp();
  const server = await llmIn();
  const { llm } = server;
  const fill = await run({ llm, target: 1 });
  expect(fill.underfilled).toEqual([]);
  const refusing = await llmIn(() => "refuses");
  const { underfilled } = await run({ llm: refusing.llm, target: 2 });
  // What data sets give is there all the same.
  expect(underfilled.length).toBe(92 - 3);
  expect(underfilled[0]).toMatchObject({
    rows: 1,
    target: 2,
    why: expect.stringContaining("refusal"),
  });
  expect(allRows(prepared)).toHaveLength(92 + 3);
});

test("an LLM that is not there is given up after ten attempts; a wrong key at once", async () => {
  const { run, prepared } = await setUp();
  const gone = {
    provider: "t",
    model: "m",
    endpoint: new URL("http://127.0.0.1:9/v1"),
    apiKey: undefined,
  };
  const { underfilled, stopped } = await run({ llm: gone });
  expect({ missing: underfilled.length, stopped }).toEqual({ missing: 89, stopped: false });
  expect(underfilled[0]?.why).toContain("connection");
  expect(allRowsOf(prepared, ["router", "pair"])).toHaveLength(9);
  const { llm, requests } = await llmIn(() => "fails");
  await run({ llm });
  expect(requests()).toBeLessThan(20);
});

test("labels that lack rows need an LLM, or leave to do without", async () => {
  const { run, prepared } = await setUp();
  await expect(run()).rejects.toMatchObject({
    code: "config_invalid",
    remedy: expect.stringContaining("LLM_EVAL__MODEL"),
  });
  const { underfilled, families: written } = await run({ noLlm: true });
  expect(underfilled).toHaveLength(89);
  expect(written["extractor"]).toMatchObject({ updated: false });
  expect(allRowsOf(prepared, ["router", "pair"])).toHaveLength(9);
});

test("stopped in the middle, it goes on from there: no row is written twice or lost", async () => {
  const { run, prepared } = await setUp();
  const { llm } = await llmIn();
  const soon = new AbortController();
  let rows = 0;
  const stop = { soon: soon.signal, now: new AbortController().signal };
  const onRow = () => {
    if (++rows === 60) soon.abort();
  };
  expect(await run({ llm, stop, onRow })).toMatchObject({ stopped: true });
  expect(readdirSync(prepared)).toEqual(["router_synthetic.jsonl"]);
  const kept = readFileSync(join(prepared, "router_synthetic.jsonl"), "utf8").split("\n");
  // As a kill in the middle of a line leaves it.
  writeFileSync(
    join(prepared, "router_synthetic.jsonl"),
    `${kept.slice(0, 50).join("\n")}\n{"text":"ha`,
  );
  expect(await run({ llm })).toMatchObject({ underfilled: [] });
  expect(readdirSync(prepared).filter((name) => name.endsWith(".jsonl"))).toEqual([]);
  const texts = allRows(prepared).map(textOf);
  for (const line of kept.slice(0, 50)) expect(texts).toContain(JSON.parse(line).text);
  expect(texts).toHaveLength(92 * 3);
});

test("rows that were away come back to their places, and the files hold no forbidden row", async () => {
  const { run, prepared } = await setUp();
  const { llm } = await llmIn();
  const both = datasets.replace('config = "nli"', 'config = "nli"\nlicense = "cc-by-nc-4.0"');
  await run({ llm, toml: both });
  const before = sides(prepared);
  const { families: counts } = await run({ noLlm: true, toml: both, licenseFilter: "mit" });
  const rows = allRows(prepared);
  expect(rows.filter(({ license }) => license === "cc-by-nc-4.0")).toEqual([]);
  expect(rows).toHaveLength(
    splits.flatMap((split) => families.flatMap((one) => counts[one]?.rows[split] ?? [])).length,
  );
  await run({ noLlm: true, toml: both });
  const after = sides(prepared);
  expect(after.size).toBe(before.size);
  for (const [row, split] of before) expect([row, after.get(row)]).toEqual([row, split]);
});

test("anew, what comes again keeps its side", async () => {
  const { run, prepared } = await setUp();
  await run({ noLlm: true });
  const before = sides(prepared, ["router", "pair"]);
  await run({ noLlm: true, forceFull: true, target: 4 });
  const after = sides(prepared, ["router", "pair"]);
  expect([before.size, after.size]).toEqual([9, 12]);
  for (const [row, split] of before) expect(after.get(row)).toBe(split);
});

test.each([
  { fault: { status: 404 }, code: "model_not_found" },
  { fault: { status: 401 }, code: "download_failed" },
])("a required data set that answers $fault ends the run, another does not", async ({ fault }) => {
  const { run, hub, said } = await setUp();
  const path = "/revision/main?blobs=true";
  hub.faults.set(path, Array(20).fill(fault));
  await expect(run({ noLlm: true })).rejects.toMatchObject({
    code: expect.stringMatching(/^(model_not_found|download_failed)$/),
  });
  hub.faults.set(path, Array(20).fill(fault));
  const { datasets: reports } = await run({ noLlm: true, allowMissing: true });
  expect(reports["bank"]).toMatchObject({
    loaded: false,
    error: expect.stringContaining("owner/name"),
  });
  expect(said.some((line) => line.includes("data set bank is left out"))).toBe(true);
});

test("rows of memory_type that an older system prepared are taken", async () => {
  const { run, folder, prepared } = await setUp();
  const texts = [
    "We met on Monday",
    "I like tea",
    "This label is gone",
    "Water boils at 100 degrees",
  ];
  const label = ["episodic_event", "preference", "no_such_label", "semantic_fact"];
  const columnData = [
    { name: "text", data: texts },
    { name: "label", data: label },
  ];
  const bootstrap = join(folder, "packages/models/prepared_data");
  mkdirSync(bootstrap, { recursive: true });
  writeFileSync(join(bootstrap, "test.parquet"), Buffer.from(parquetWriteBuffer({ columnData })));
  await run({ noLlm: true });
  const rows = allRowsOf(prepared, ["router"]).filter(({ source }) => source === "local:test");
  expect(rows.map(textOf).sort()).toEqual([texts[1], texts[3], texts[0]]);
});

test("429 is waited for", async () => {
  const { run, hub } = await setUp();
  hub.faults.set("bank/train.csv", [{ status: 429, headers: { "retry-after": "0" } }]);
  const { datasets: reports } = await run({ noLlm: true });
  expect(reports["bank"]).toMatchObject({ loaded: true, taken: 3 });
});

test("a Parquet file that was cut short is told by its name", async () => {
  const cut = hubFiles["nli/train-0.parquet"].subarray(0, 300);
  const { run } = await setUp({ ...hubFiles, "nli/train-0.parquet": cut });
  const { datasets: reports } = await run({ noLlm: true });
  expect(reports["nli"]?.error).toMatch(/train-0\.parquet/);
});

test("licences that are not wanted are left out, rows of earlier runs too", async () => {
  const { run, prepared } = await setUp();
  await run({ noLlm: true });
  expect(allRowsOf(prepared, ["router"])).toHaveLength(3);
  const toml = datasets.replace('config = "nli"', 'config = "nli"\nlicense = "cc-by-nc-4.0"');
  const { datasets: reports, families: counts } = await run({
    noLlm: true,
    toml,
    licenseFilter: "apache-2.0",
  });
  expect(reports["nli"]).toMatchObject({ loaded: false, skipped: "license cc-by-nc-4.0" });
  expect(reports["bank"]).toMatchObject({ loaded: true, skipped: "license mit" });
  expect(counts["router"]?.rows.train).toEqual([]);
  expect(allRowsOf(prepared, ["router", "pair"])).toEqual([]);
});

test("offline, what an earlier run fetched is read; what was not is told", async () => {
  const { run, folder } = await setUp();
  const raw = { endpoint: "http://127.0.0.1:9", cacheFolder: join(folder, "raw"), offline: true };
  const hub = { settings: raw, patience };
  await expect(run({ noLlm: true, hub })).rejects.toMatchObject({ code: "model_not_found" });
  await run({ noLlm: true });
  const again = await run({ noLlm: true, hub, forceFull: true });
  expect(again.datasets["bank"]).toMatchObject({ loaded: true, taken: 3 });
});

test("broken prepared files are not replaced", async () => {
  const { run, prepared } = await setUp();
  await run({ noLlm: true });
  const path = join(prepared, "router_train.jsonl.gz");
  writeFileSync(path, "no gzip");
  await expect(run({ noLlm: true })).rejects.toMatchObject({ code: "training_data_invalid" });
  expect(readFileSync(path, "utf8")).toBe("no gzip");
});

test("a megabyte of text, a lone surrogate and NUL become a row that can be read", async () => {
  const rows = [`a\0b \ud800c ${"long ".repeat(250_000)}`, " \0 "].map((text) =>
    JSON.stringify({ text }),
  );
  const { run, prepared } = await setUp({
    ...hubFiles,
    "bank/train.jsonl": rows.join("\n"),
    "bank/train.csv": "text\n",
  });
  await run({ noLlm: true });
  const [row, ...others] = allRowsOf(prepared, ["router"]);
  expect(others).toEqual([]);
  expect(row && textOf(row)).toMatch(/^a b \ufffdc long/);
  expect(row && textOf(row).length).toBeLessThanOrEqual(1000);
});

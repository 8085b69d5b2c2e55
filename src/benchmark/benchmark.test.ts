import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { complete, refuse, startChatServer } from "../chat/testing/chat-server.ts";
import { readExamples } from "../train/read-examples.ts";
import { type BenchmarkJob, type BenchmarkReport, benchmark } from "./benchmark.ts";
import type { Model } from "./models.ts";
import type { Query } from "./queries.ts";

const never = { soon: new AbortController().signal, now: new AbortController().signal };
const newOutput = () => join(mkdtempSync(join(tmpdir(), "signalbox-benchmark-")), "out.jsonl");

async function serve(...parameters: Parameters<typeof startChatServer>) {
  const server = await startChatServer(...parameters);
  onTestFinished(() => server.close());
  return server;
}

const model = (name: string, endpoint: string, more: Partial<Model> = {}): Model => ({
  name,
  endpoint: new URL(endpoint),
  headers: { authorization: "Bearer secret-key-123" },
  maxTokens: 100,
  temperature: 0,
  ...more,
});

const query = (text: string, more: Partial<Query> = {}): Query => ({
  text,
  groundTruth: text,
  fields: { ground_truth: text, category: "law" },
  ...more,
});

const run = (job: Partial<BenchmarkJob> & Pick<BenchmarkJob, "models" | "queries" | "output">) =>
  benchmark({
    concurrency: 1,
    timeoutMs: 10_000,
    retries: 0,
    stream: false,
    concise: false,
    stop: never,
    ...job,
  });

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (path: string): Row[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const pairs = (path: string) => rowsOf(path).map((row) => `${row["model_name"]}:${row["query"]}`);

/** Without what a clock says. */
const timeless = (path: string) =>
  readFileSync(path, "utf8").replace(/"(response_time|time_to_first_token)":[\d.e-]+/g, '"$1":0');

test("a row has the answer, its score, times, tokens and cost, and all that the query's line says", async () => {
  const server = await serve();
  const output = newOutput();
  const fields = {
    ground_truth: "two",
    category: "law",
    embedding_id: 7,
    own: { a: 1 },
    cost: "x",
  };
  const price = { input: 1, output: 2 };
  const report = await run({
    models: [model("m", server.endpoint, { price })],
    queries: [query("one two", { groundTruth: "two", fields })],
    output,
  });
  const [row] = rowsOf(output);
  expect(row).toEqual({
    query: "one two",
    model_name: "m",
    response: "one two",
    performance: 1,
    response_time: expect.any(Number),
    finish_reason: "stop",
    prompt_tokens: 2,
    completion_tokens: 3,
    cost: 0.000008,
    ground_truth: "two",
    category: "law",
    embedding_id: 7,
    own: { a: 1 },
  });
  expect(report).toMatchObject({ complete: true, rows: 1, total: 1, resumed: 0, failed: 0 });
  expect(report.models).toMatchObject([
    { model: "m", queries: 1, performance: 1, success: 1, prompt_tokens: 2, cost: 0.000008 },
  ]);
  expect(server.asked[0]).toMatchObject({
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer secret-key-123" },
    body: { model: "m", max_tokens: 100, temperature: 0 },
  });
  expect(server.asked[0]?.body["messages"]).toEqual([{ role: "user", content: "one two" }]);
});

test("training reads the rows, and learns nothing from a failed or an unscored one", async () => {
  const server = await serve((asked, response) =>
    asked.content === "bad" ? refuse(response, 400) : complete(response, "good"),
  );
  const output = newOutput();
  const unscored = query("no truth", { groundTruth: undefined, fields: {} });
  await run({
    models: [model("m", server.endpoint)],
    queries: [query("good"), query("bad"), query("wrong"), unscored],
    output,
  });
  const failed = rowsOf(output)[1];
  expect(Object.keys(failed ?? {})).toEqual([
    "query",
    "model_name",
    "error",
    "ground_truth",
    "category",
  ]);
  const { examples, skipped } = await readExamples(output);
  expect(examples.queries).toEqual(["good", "wrong"]);
  expect([...examples.qualities]).toEqual([1, 0]);
  expect(skipped).toEqual({ failed: 1, unscored: 1, bad: 0 });
});

test("rows are in order at the end, however the answers came", async () => {
  const waiting: (() => void)[] = [];
  const server = await serve(async (asked, response) => {
    // The first question is answered last.
    if (waiting.length < 5) await new Promise<void>((resolve) => waiting.push(resolve));
    complete(response, asked.content);
    if (asked.attempt === 1) for (const release of waiting.toReversed()) release();
  });
  const output = newOutput();
  const queries = ["a", "b", "c"].map((text) => query(text));
  const models = [model("m2", server.endpoint), model("m1", server.endpoint)];
  await run({ models, queries, output, concurrency: 6 });
  expect(pairs(output)).toEqual(["m2:a", "m2:b", "m2:c", "m1:a", "m1:b", "m1:c"]);
});

test("each endpoint has as many requests under way as allowed, and no more", async () => {
  const slow = async (asked: { content: string }, response: Parameters<typeof complete>[0]) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    complete(response, asked.content);
  };
  const [one, two] = [await serve(slow), await serve(slow)];
  const queries = Array.from({ length: 30 }, (_, at) => query(`q${at}`));
  const models = [model("m1", one.endpoint), model("m2", two.endpoint), model("m3", two.endpoint)];
  await run({ models, queries, output: newOutput(), concurrency: 5 });
  expect([one.peak(), two.peak()]).toEqual([5, 5]);
  expect([one.asked.length, two.asked.length]).toEqual([30, 60]);
});

test.each([
  { case: "a list that is too long", status: 400, message: "too long", want: "http_400" },
  { case: "a key", status: 401, message: "Incorrect key secret-key-123", want: "http_401" },
  { case: "no such model", status: 404, message: "no model", want: "http_404" },
])("a refusal is a row: $case", async ({ status, message, want }) => {
  const server = await serve((_, response) => refuse(response, status, message));
  const output = newOutput();
  await run({ models: [model("m", server.endpoint)], queries: [query("q")], output, retries: 3 });
  const [row] = rowsOf(output);
  expect(row?.["error"]).toMatchObject({
    code: want,
    message: expect.stringContaining(`${status}`),
  });
  expect(JSON.stringify(row)).not.toContain("secret-key-123");
  expect(server.asked).toHaveLength(1);
});

test("an answer that is none is a row with an error", async () => {
  const bodies = ["<html>", "{}", '{"choices":[]}', "[]", '{"choices":[{"message":null}]}'];
  const server = await serve((asked, response) => void response.end(bodies[Number(asked.content)]));
  const output = newOutput();
  const queries = bodies.map((_, at) => query(`${at}`));
  await run({ models: [model("m", server.endpoint)], queries, output });
  for (const row of rowsOf(output)) expect(row["error"]).toMatchObject({ code: "invalid_answer" });
});

test("an empty answer is an answer, with quality 0", async () => {
  const server = await serve((_, response) => {
    response.end(
      JSON.stringify({ choices: [{ message: { content: null }, finish_reason: "length" }] }),
    );
  });
  const output = newOutput();
  await run({ models: [model("m", server.endpoint)], queries: [query("q")], output });
  expect(rowsOf(output)[0]).toMatchObject({
    response: "",
    performance: 0,
    finish_reason: "length",
  });
});

test("a server that is not there, breaks off or is silent gives rows with an error", async () => {
  const server = await serve((asked, response) => {
    if (asked.content === "breaks off") {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
      setTimeout(() => response.destroy(), 10);
    }
  });
  const gone = await startChatServer();
  await gone.close();
  const output = newOutput();
  const queries = [query("breaks off"), query("silent")];
  const models = [model("here", server.endpoint), model("gone", gone.endpoint)];
  const report = await run({ models, queries, output, timeoutMs: 200 });
  expect(rowsOf(output).map((row) => (row["error"] as Row)["code"])).toEqual([
    "connection",
    "timeout",
    "connection",
    "connection",
  ]);
  expect(report).toMatchObject({ failed: 4, errors: { connection: 3, timeout: 1 } });
});

test("a passing fault is asked again; what was waited for is no response time", async () => {
  const server = await serve((asked, response) => {
    if (asked.attempt === 1) refuse(response, 429, "slow down", { "retry-after": "1" });
    else if (asked.attempt === 2) refuse(response, 503);
    else complete(response, asked.content);
  });
  const output = newOutput();
  const started = performance.now();
  await run({ models: [model("m", server.endpoint)], queries: [query("q")], output, retries: 2 });
  const waited = (performance.now() - started) / 1000;
  const [row] = rowsOf(output);
  expect(server.asked).toHaveLength(3);
  expect(row).toMatchObject({ response: "q", performance: 1 });
  expect(waited).toBeGreaterThanOrEqual(1.5);
  expect(row?.["response_time"]).toBeLessThan(waited - 1.4);
});

test("retries end, and a server that asks for hours is not waited for", async () => {
  const server = await serve((asked, response) =>
    refuse(response, 429, "no", { "retry-after": asked.content === "now" ? "0" : "7200" }),
  );
  const output = newOutput();
  const queries = [query("now"), query("later")];
  await run({ models: [model("m", server.endpoint)], queries, output, retries: 2 });
  expect(server.asked.map(({ content }) => content)).toEqual(["now", "now", "now", "later"]);
  expect(rowsOf(output).map((row) => (row["error"] as Row)["code"])).toEqual([
    "http_429",
    "http_429",
  ]);
});

test("a model that always fails is given up, and the others of its server are not", async () => {
  const server = await serve((asked, response) =>
    asked.model === "gone" ? refuse(response, 404) : complete(response, asked.content),
  );
  const output = newOutput();
  const models = [model("gone", server.endpoint), model("here", server.endpoint)];
  const queries = Array.from({ length: 30 }, (_, at) => query(`q${at}`));
  const report = await run({ models, queries, output });
  expect(report).toMatchObject({
    complete: false,
    rows: 50,
    failed: 20,
    warnings: ["gone is given up: 20 requests in a row failed, the last with http_404"],
  });
  expect(server.asked).toHaveLength(50);
  // Nothing is lost by it: the next run asks the rest.
  expect(await run({ models, queries, output })).toMatchObject({ complete: true, rows: 60 });
});

test("faults of the queries never make a model given up", async () => {
  const server = await serve((_, response) => refuse(response, 400));
  const queries = Array.from({ length: 30 }, (_, at) => query(`q${at}`));
  const models = [model("m", server.endpoint)];
  expect(await run({ models, queries, output: newOutput() })).toMatchObject({
    complete: true,
    failed: 30,
    warnings: [],
  });
});

test("redirects are not followed: the key is for one server", async () => {
  const thief = await serve();
  const server = await serve((_, response) => {
    response.writeHead(307, { location: `${thief.endpoint}/chat/completions` }).end();
  });
  const output = newOutput();
  await run({ models: [model("m", server.endpoint)], queries: [query("q")], output });
  expect(rowsOf(output)[0]).toMatchObject({ error: { code: "http_307" } });
  expect(thief.asked).toHaveLength(0);
});

test("a streamed answer is put together, with the time to its first token", async () => {
  const server = await serve(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const pieces = [{ role: "assistant", content: "" }, { content: "Zü" }, { content: "rich" }];
    for (const delta of pieces) {
      const bytes = Buffer.from(`data: ${JSON.stringify({ choices: [{ delta }] })}\r\n\r\n`);
      // Within a character, too.
      for (const byte of bytes) response.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    response.write(': ping\n\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n');
    response.write('data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\n');
    response.end("data: [DONE]");
  });
  const output = newOutput();
  const queries = [query("q", { groundTruth: "Zürich" })];
  await run({ models: [model("m", server.endpoint)], queries, output, stream: true });
  const [row] = rowsOf(output);
  expect(server.asked[0]?.body).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(row).toMatchObject({
    response: "Zürich",
    performance: 1,
    finish_reason: "stop",
    prompt_tokens: 5,
    completion_tokens: 6,
  });
  expect(row?.["time_to_first_token"]).toBeGreaterThan(0);
  expect(row?.["time_to_first_token"]).toBeLessThan(Number(row?.["response_time"]) - 0.02);
});

test.each([
  { case: "breaks off", end: "" },
  { case: "holds an error", end: 'data: {"error":{"message":"overloaded"}}\n\n' },
  { case: "is no JSON", end: "data: {\n\n" },
])("a stream that $case is no answer", async ({ end }) => {
  const server = await serve((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: {"choices":[{"delta":{"content":"half"}}]}\n\n${end}`);
  });
  const output = newOutput();
  await run({ models: [model("m", server.endpoint)], queries: [query("q")], output, stream: true });
  expect(rowsOf(output)[0]).toHaveProperty("error");
  expect(rowsOf(output)[0]).not.toHaveProperty("response");
});

test("concise asks for the bare answer in the form that the metric reads; code gets room", async () => {
  const server = await serve();
  const queries = [
    query("Q1", { choices: ["a", "b"] }),
    query("Q2", { metric: "GSM8K" }),
    query("Q3", {}),
    query("Q4", { metric: "code_eval", assertions: ["assert f()"] }),
  ];
  const output = newOutput();
  const runCode = async () => 0.5;
  await run({ models: [model("m", server.endpoint)], queries, output, concise: true, runCode });
  const [choice, number, sentence, code] = server.asked;
  expect(choice?.content).toMatch(/letter[\s\S]*Question: Q1$/);
  expect(number?.content).toMatch(/^Q2[\s\S]*ONLY the final number/);
  expect(sentence?.content).toMatch(/^Q3[\s\S]*one short sentence/);
  expect(code).toMatchObject({ content: "Q4", body: { max_tokens: 256 } });
  expect(rowsOf(output)[3]).toMatchObject({ performance: 0.5 });
});

test("code_eval is refused without leave, unasked, and asked once there is leave", async () => {
  const server = await serve();
  const output = newOutput();
  const models = [model("m", server.endpoint)];
  const queries = [query("code", { metric: "code_eval", assertions: ["assert f()"] }), query("q")];
  const first = await run({ models, queries, output });
  expect(first).toMatchObject({ complete: true, errors: { code_execution_not_allowed: 1 } });
  expect(rowsOf(output)[0]).toMatchObject({
    error: { message: expect.stringContaining("--allow-code-execution") },
  });
  expect(server.asked.map(({ content }) => content)).toEqual(["q"]);
  await run({ models, queries, output, runCode: async () => 1 });
  expect(server.asked.map(({ content }) => content)).toEqual(["q", "code"]);
  expect(rowsOf(output)).toMatchObject([{ query: "code", performance: 1 }, { query: "q" }]);
});

const four = ["a", "b", "c", "d"].map((text) => query(text));

async function whole(endpoint: string, queries = four): Promise<string> {
  const output = newOutput();
  await run({ models: [model("m", endpoint)], queries, output });
  return output;
}

test.each([
  {
    case: "a line that was cut off",
    kept: 2,
    end: '{"query":"c","model_name":"m","resp',
    asked: ["c", "d"],
  },
  { case: "a cut character", kept: 2, end: Buffer.from([0x7b, 0x22, 0xc3]), asked: ["c", "d"] },
  { case: "a whole line without its end", kept: 3, cut: 1, end: "", asked: ["d"] },
  { case: "no cut", kept: 3, end: "", asked: ["d"] },
  { case: "a blank line", kept: 3, end: "\n", asked: ["d"] },
  { case: "nothing", kept: 0, end: "", asked: ["a", "b", "c", "d"] },
  { case: "all", kept: 4, end: "", asked: [] },
])(
  "a run goes on after $case, and ends as one that never stopped",
  async ({ kept, end, asked, cut }) => {
    const server = await serve();
    const expected = await whole(server.endpoint);
    const output = await whole(server.endpoint, four.slice(0, kept));
    const text = readFileSync(output, "utf8");
    writeFileSync(output, text.slice(0, text.length - (cut ?? 0)));
    appendFileSync(output, end);
    server.asked.length = 0;
    const report = await run({ models: [model("m", server.endpoint)], queries: four, output });
    expect(server.asked.map(({ content }) => content)).toEqual(asked);
    expect(report).toMatchObject({ complete: true, resumed: 4 - asked.length, rows: 4 });
    expect(timeless(output)).toBe(timeless(expected));
  },
);

test("a line that is no row, before the last, is refused", async () => {
  const server = await serve();
  const output = await whole(server.endpoint);
  const text = readFileSync(output, "utf8");
  writeFileSync(output, `{"half\n${text}`);
  await expect(
    run({ models: [model("m", server.endpoint)], queries: four, output }),
  ).rejects.toMatchObject({
    code: "training_data_invalid",
    detail: `${output}: line 1 is no row of a benchmark`,
  });
  expect(readFileSync(output, "utf8")).toBe(`{"half\n${text}`);
});

test("a file of something else is not touched, even without an end of its only line", async () => {
  const server = await serve();
  const output = newOutput();
  writeFileSync(output, '{"query":"a","ground_truth":"b"}');
  const models = [model("m", server.endpoint)];
  await expect(run({ models, queries: four, output })).rejects.toMatchObject({
    code: "training_data_invalid",
  });
  expect(readFileSync(output, "utf8")).toBe('{"query":"a","ground_truth":"b"}');
});

test("what failed is asked again only when it is said, and an answer replaces a failure", async () => {
  let down = true;
  const server = await serve((asked, response) =>
    down && asked.content !== "a" ? refuse(response, 400) : complete(response, asked.content),
  );
  const output = await whole(server.endpoint);
  const models = [model("m", server.endpoint)];
  server.asked.length = 0;
  expect(await run({ models, queries: four, output })).toMatchObject({ complete: true, failed: 0 });
  expect(server.asked).toHaveLength(0);
  down = false;
  await run({ models, queries: four, output, retryFailed: true });
  expect(server.asked.map(({ content }) => content)).toEqual(["b", "c", "d"]);
  expect(timeless(output)).toBe(timeless(await whole(server.endpoint)));
});

test("rows of other models and queries stay, after the others", async () => {
  const server = await serve();
  const output = await whole(server.endpoint);
  await run({ models: [model("n", server.endpoint)], queries: four.slice(0, 2), output });
  expect(pairs(output)).toEqual(["n:a", "n:b", "m:a", "m:b", "m:c", "m:d"]);
});

test("rows that were made with other settings are not mixed", async () => {
  const server = await serve();
  const output = await whole(server.endpoint);
  const before = readFileSync(output, "utf8");
  const warmer = [model("m", server.endpoint, { temperature: 1 })];
  const models = [model("m", server.endpoint)];
  const again = { queries: four, output };
  await expect(run({ ...again, models: warmer })).rejects.toMatchObject({
    code: "config_invalid",
    detail: expect.stringContaining("temperature of m"),
  });
  await expect(run({ ...again, models, concise: true })).rejects.toThrow("--concise");
  const extraBody = { user: "secret-user-7" };
  const other = run({ ...again, models: [model("m", server.endpoint, { extraBody })] });
  await expect(other).rejects.toThrow("extra_body of m = nothing");
  await expect(other).rejects.not.toThrow("secret-user-7");
  expect(readFileSync(output, "utf8")).toBe(before);
  server.asked.length = 0;
  await run({ ...again, models: warmer, overwrite: true });
  expect(server.asked).toHaveLength(4);
});

test("a run that is stopped keeps what it has and says so; what waits for a retry is not recorded as failed", async () => {
  const soon = new AbortController();
  const server = await serve((asked, response) => {
    if (asked.content === "b") soon.abort();
    if (asked.content === "b") refuse(response, 503);
    else complete(response, asked.content);
  });
  const output = newOutput();
  const report: BenchmarkReport = await run({
    models: [model("m", server.endpoint)],
    queries: four,
    output,
    retries: 5,
    stop: { soon: soon.signal, now: new AbortController().signal },
  });
  expect(report).toMatchObject({ complete: false, rows: 1, failed: 0 });
  expect(pairs(output)).toEqual(["m:a"]);
});

test("an output that cannot be written is refused before any request", async () => {
  const server = await serve();
  const file = newOutput();
  writeFileSync(file, "");
  const output = join(file, "out.jsonl");
  await expect(
    run({ models: [model("m", server.endpoint)], queries: four, output }),
  ).rejects.toMatchObject({ code: "output_unwritable" });
  expect(server.asked).toHaveLength(0);
  expect(existsSync(output)).toBe(false);
});

test("fields of its own that a model asks for, and the same settings to continue", async () => {
  const server = await serve();
  const output = newOutput();
  const extraBody = { max_completion_tokens: 9, temperature: null, metadata: { key: "secret-7" } };
  const models = [model("m", server.endpoint, { extraBody })];
  await run({ models, queries: four.slice(0, 1), output });
  const { messages: _, ...body } = server.asked[0]?.body ?? {};
  expect(body).toEqual({ model: "m", max_completion_tokens: 9, metadata: { key: "secret-7" } });
  const reordered = { metadata: { key: "secret-7" }, temperature: null, max_completion_tokens: 9 };
  const again = [model("m", server.endpoint, { extraBody: reordered })];
  await run({ models: again, queries: four, output });
  expect(pairs(output)).toEqual(["m:a", "m:b", "m:c", "m:d"]);
  expect(readFileSync(`${output}.settings.json`, "utf8")).not.toContain("secret-7");
});

test("a second run on the same output is refused while the first goes on", async () => {
  let release = () => {};
  const open = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await serve(async (asked, response) => {
    await open;
    complete(response, asked.content);
  });
  const output = newOutput();
  const job = { models: [model("m", server.endpoint)], queries: four, output };
  const first = run(job);
  await expect(run({ ...job, overwrite: true })).rejects.toMatchObject({ code: "output_in_use" });
  release();
  expect(await first).toMatchObject({ complete: true });
  expect(pairs(output)).toEqual(["m:a", "m:b", "m:c", "m:d"]);
});

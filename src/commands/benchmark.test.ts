import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSandbox } from "../benchmark/sandbox.ts";
import { complete, refuse, startChatServer } from "../chat/testing/chat-server.ts";
import { benchmarkProgress } from "./benchmark-progress.ts";
import { runCli } from "./testing/run-cli.ts";

const count = 60;
const concurrency = 4;
const cli = join(import.meta.dirname, "../cli.ts");

async function serve(...parameters: Parameters<typeof startChatServer>) {
  const server = await startChatServer(...parameters);
  onTestFinished(() => server.close());
  return server;
}

function newFolder(queries = count) {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-benchmark-cli-"));
  const lines = Array.from({ length: queries }, (_, at) =>
    JSON.stringify({ query: `query ${at}`, ground_truth: `${at}`, category: "math" }),
  );
  writeFileSync(join(folder, "queries.jsonl"), `${lines.join("\n")}\n`);
  return folder;
}

const command = (folder: string, endpoint: string, ...more: readonly string[]) => [
  "benchmark",
  ...["--queries", join(folder, "queries.jsonl"), "--models", "m1,m2", "--endpoint", endpoint],
  ...["--output", join(folder, "out.jsonl"), "--concurrency", `${concurrency}`, ...more],
];

const timeless = (folder: string) =>
  readFileSync(join(folder, "out.jsonl"), "utf8").replace(/"response_time":[\d.e-]+/g, '"time":0');

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [cli, ...args], { env: { PATH: "" }, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test("asks, records, and sums up", async () => {
  const server = await serve();
  const folder = newFolder(5);
  const ended = await runCli(command(folder, server.endpoint));
  expect(ended).toMatchObject({ code: 0, err: expect.stringContaining("10 of 10  100 %") });
  expect(ended.out).toMatch(/^Model +Queries +Avg Perf +Avg Time +Success %/);
  expect(ended.out).toMatch(/^m2 +5 +1\.000 +\d+\.\d\ds +100\.0 +0 +25$/m);
  const again = await runCli(command(folder, server.endpoint, "--json", "--no-progress"));
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(again.out)).toMatchObject({
    complete: true,
    rows: 10,
    resumed: 10,
    failed: 0,
    models: [
      { model: "m1", performance: 1 },
      { model: "m2", performance: 1 },
    ],
  });
  expect(server.asked).toHaveLength(10);
});

test("killed in the middle, it goes on: nothing lost, nothing repeated, the same output", async () => {
  let killed = false;
  let child: ChildProcess | undefined;
  const asked = new Map<string, number>();
  const server = await serve(async ({ model, content }, response) => {
    const key = `${model} ${content}`;
    asked.set(key, (asked.get(key) ?? 0) + 1);
    if (!killed && asked.size === 40) {
      killed = true;
      child?.kill("SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
    complete(response, content);
  });
  const folder = newFolder();
  child = start(command(folder, server.endpoint));
  await once(child, "exit");
  const kept = readFileSync(join(folder, "out.jsonl"), "utf8").split("\n").slice(0, -1);
  expect(kept.length).toBeGreaterThanOrEqual(40 - 2 * concurrency);
  expect(kept.length).toBeLessThan(2 * count);
  const before = server.asked.length;
  expect(await runCli(command(folder, server.endpoint))).toMatchObject({ code: 0 });
  // Only what was under way when it died is asked twice.
  expect(server.asked.length - before).toBe(2 * count - kept.length);
  for (const line of kept) {
    const { model_name: model, query } = JSON.parse(line);
    expect(asked.get(`${model} ${query}`)).toBe(1);
  }
  const uninterrupted = newFolder();
  await runCli(command(uninterrupted, server.endpoint));
  expect(timeless(folder)).toBe(timeless(uninterrupted));
}, 60_000);

test("Ctrl-C lets requests under way end: none is lost or asked twice", async () => {
  let child: ChildProcess | undefined;
  const server = await serve(async (asked, response) => {
    if (server.asked.length === 30) child?.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 5));
    complete(response, asked.content);
  });
  const folder = newFolder();
  child = start(command(folder, server.endpoint));
  const [code] = await once(child, "exit");
  expect(code).toBe(2);
  expect(server.asked.length).toBeLessThan(2 * count);
  expect(await runCli(command(folder, server.endpoint))).toMatchObject({ code: 0 });
  expect(server.asked).toHaveLength(2 * count);
}, 60_000);

test("a second Ctrl-C waits for nobody", async () => {
  let child: ChildProcess | undefined;
  const server = await serve(() => void child?.kill("SIGINT"));
  const folder = newFolder();
  child = start(command(folder, server.endpoint));
  const exit = once(child, "exit");
  // The first came with the first request; none is ever answered.
  const again = setInterval(() => server.asked.length > 0 && child?.kill("SIGINT"), 200);
  expect((await exit)[0]).toBe(2);
  clearInterval(again);
}, 60_000);

test("models, keys and prices come from the models' file; a missing variable costs no request", async () => {
  const server = await serve();
  const folder = newFolder(2);
  const config = join(folder, "models.yaml");
  const yaml = `models:
  - name: one
    endpoint: \${SERVER}
    headers: { Authorization: "Bearer \${TOKEN}" }
    price: { input: 1000000, output: 2000000 }
  - { name: two }`;
  writeFileSync(config, yaml);
  const args = [
    ...["benchmark", "--queries", join(folder, "queries.jsonl"), "--model-config", config],
    ...["--output", join(folder, "out.jsonl"), "--json"],
  ];
  const environment = { SERVER: server.endpoint, LLM_ENDPOINT: server.endpoint };
  expect(await runCli(args, environment)).toMatchObject({
    code: 2,
    err: expect.stringContaining("TOKEN is not set"),
  });
  expect(server.asked).toHaveLength(0);
  const keys = { TOKEN: "the-token", OPENAI_API_KEY: "the-key" };
  const ended = await runCli(args, { ...environment, ...keys });
  expect(JSON.parse(ended.out).models).toMatchObject([{ cost: 16 }, { cost: 0 }]);
  const authorization = server.asked.map(({ model, headers }) => [model, headers["authorization"]]);
  expect(new Map(authorization as [string, string][])).toEqual(
    new Map([
      ["one", "Bearer the-token"],
      ["two", "Bearer the-key"],
    ]),
  );
});

const sandbox = await openSandbox().catch((thrown: Error) => {
  console.warn(`A test of --allow-code-execution is left out: ${thrown.message}`);
  return undefined;
});

function codeFolder(): string {
  const folder = newFolder(0);
  const assertions = [
    "assert double(2) == 4",
    "assert double('a') == 'aa'",
    "assert double(1) == 3",
  ];
  const line = {
    query: "Double it",
    metric: "code_eval",
    ground_truth: JSON.stringify(assertions),
  };
  writeFileSync(join(folder, "queries.jsonl"), JSON.stringify(line));
  return folder;
}

test.skipIf(!sandbox)("with leave, the code of an answer is run", async () => {
  const server = await serve((_, response) =>
    complete(response, "Here:\n```python\ndef double(x):\n    return x + x\n```"),
  );
  const folder = codeFolder();
  const args = command(folder, server.endpoint, "--allow-code-execution");
  const ended = await runCli(args, { PATH: process.env["PATH"] ?? "" });
  expect(ended).toMatchObject({ code: 0 });
  const [row] = readFileSync(join(folder, "out.jsonl"), "utf8").split("\n");
  expect(JSON.parse(row ?? "").performance).toBeCloseTo(2 / 3);
});

test("where code cannot be isolated, leave to run it is refused before any request", async () => {
  const server = await serve();
  const args = command(codeFolder(), server.endpoint, "--allow-code-execution");
  expect(await runCli(args, { PATH: "/nowhere" })).toMatchObject({
    code: 2,
    err: expect.stringContaining("[sandbox_unavailable]"),
  });
  expect(server.asked).toHaveLength(0);
});

test("when nothing succeeds it could not run, and no key is shown", async () => {
  const server = await serve((_, response) => refuse(response, 401, "wrong key: key-for-nothing"));
  const folder = newFolder(2);
  const ended = await runCli(command(folder, server.endpoint, "--api-key", "key-for-nothing"));
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("4 http_401") });
  expect(ended.out + ended.err + readFileSync(join(folder, "out.jsonl"))).not.toContain(
    "key-for-nothing",
  );
});

test("the shards of a run, merged, are what one run writes", async () => {
  const server = await serve();
  const parts = await Promise.all(
    [1, 2].map(async (index) => {
      const folder = newFolder(20);
      await runCli(command(folder, server.endpoint, "--shard", `${index}/2`));
      return join(folder, "out.jsonl");
    }),
  );
  const merged = newFolder(20);
  const input = join(merged, "queries.jsonl");
  const output = join(merged, "out.jsonl");
  const ended = await runCli(["merge", ...parts, "--input", input, "--output", output]);
  expect(ended).toMatchObject({ code: 0 });
  const whole = newFolder(20);
  await runCli(command(whole, server.endpoint));
  expect(timeless(merged)).toBe(timeless(whole));
});

test.each([
  { case: "neither models nor a file", args: ["--queries", "q"], want: "exactly one" },
  {
    case: "both",
    args: ["--queries", "q", "--models", "m", "--model-config", "f"],
    want: "exactly one",
  },
  { case: "no queries", args: ["--models", "m"], want: "--queries" },
  { case: "an empty name", args: ["--queries", "q", "--models", "m,,n"], want: "empty name" },
  {
    case: "a packed output",
    args: ["--queries", "q", "--models", "m", "--output", "o.gz"],
    want: "gzip",
  },
  {
    case: "the queries as output",
    args: ["--queries", "q", "--models", "m", "--output", "./q"],
    want: "--output is --queries",
  },
  { case: "no shard", args: ["--queries", "q", "--models", "m", "--shard", "3/2"], want: "3/2" },
  {
    case: "concurrency 0",
    args: ["--queries", "q", "--models", "m", "--concurrency", "0"],
    want: "above 0",
  },
])("refused: $case", async ({ args, want }) => {
  expect(await runCli(["benchmark", ...args])).toMatchObject({
    code: 2,
    err: expect.stringContaining(want),
  });
});

test("progress says how far, how fast and how much longer: over and over on a terminal, by tenths in a log", () => {
  const at = (rows: number) => ({ rows, total: 100, resumed: 10, failed: 2 });
  const written = (isTTY: boolean) => {
    let text = "";
    let ms = 0;
    const progress = benchmarkProgress({ isTTY, write: (more) => (text += more) }, () => ms);
    for (const rows of [10, 15, 19, 35, 100]) {
      ms += 1000;
      progress.report(at(rows));
    }
    progress.end();
    return text;
  };
  expect(written(false).split("\n")).toEqual([
    "10 of 100  10 %  2 failed",
    "35 of 100  35 %  6.3 requests/s  11 s left  2 failed",
    "100 of 100  100 %  18.0 requests/s  2 failed",
    "",
  ]);
  expect(written(true)).toMatch(/^\r10 of 100.*\r19 of 100.*\r100 of 100[^\n]*\n$/s);
});

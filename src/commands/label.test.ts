import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { loadConfig } from "../config/load.ts";
import { packageRoot } from "../config/paths.ts";
import { domains, intentServer } from "../label/testing/intent-server.ts";
import { createApi } from "../listen/api/server.ts";
import { openRouter } from "../open-router.ts";
import { leases } from "../testing/router.ts";
import { runCli } from "./testing/run-cli.ts";
import { commandsOf, runSh } from "./testing/run-sh.ts";

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

const cli = join(packageRoot, "src/cli.ts");

let folder: string;
beforeEach(() => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-label-"));
  folder = made;
  onTestFinished(() => rm(made, { recursive: true }));
});
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), "utf8");

const topics = [
  "Integrate x^2 from 0 to 3",
  "What is a tort in the law of England?",
  "How do cells copy their DNA?",
  "Who won the battle of Waterloo, and why?",
  "Write a haiku about rain",
  "Prove that there are infinitely many primes",
  "What does the central bank do about inflation?",
  "A block slides down a slope without friction; how fast is it?",
];
const models = ["small", "large"];
const records = (count: number) =>
  Array.from({ length: count }, (_, part) => topics.map((topic) => `${topic} (${part})`))
    .flat()
    .flatMap((query) =>
      models.map(
        (model_name) =>
          `{"query": ${JSON.stringify(query)}, "model_name": "${model_name}", "performance": 1.0}\n`,
      ),
    )
    .join("");

const label = (args: readonly string[]) =>
  runCli(["label", "--input", at("in.jsonl"), "--output", at("out.jsonl"), ...args]);

test("with a running signalbox and without: the same bytes", async () => {
  writeFileSync(at("in.jsonl"), records(3));
  const path = join(packageRoot, "config/default.yaml");
  const { config } = loadConfig(path, {});
  const { router } = await openRouter(config, { configFolder: join(path, ".."), cwd: folder });
  const server = createApi(leases(router).acquire, () => true);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await router.embedder.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const remote = await label(["--vsr-url", url, "--json"]);
  expect(remote.code).toBe(0);
  expect(JSON.parse(remote.out)).toMatchObject({
    rows: 48,
    labelled: 48,
    asked: 24,
    unlabelled: 0,
  });
  const byServer = read("out.jsonl");
  const local = await label(["--local"]);
  expect(local).toMatchObject({ code: 0, out: expect.stringContaining("48 records: 48 labelled") });
  expect(read("out.jsonl")).toBe(byServer);
  const categories = byServer
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).category);
  expect(categories.slice(0, 2)).toEqual(["math", "math"]);
  expect(new Set(categories).size).toBeGreaterThanOrEqual(4);
});

test("three shards as processes, then merge: byte for byte what one run writes", async () => {
  writeFileSync(at("in.jsonl"), `${records(5)}not a record\n${records(1)}`);
  expect(await label(["--local"])).toMatchObject({ code: 0 });
  const parts = await Promise.all(
    [1, 2, 3].map((index) =>
      label(["--local", "--output", at(`part${index}`), "--shard", `${index}/3`]),
    ),
  );
  expect(parts.map(({ code }) => code)).toEqual([0, 0, 0]);
  const args = [
    "merge",
    "--input",
    at("in.jsonl"),
    "--output",
    at("merged"),
    at("part3"),
    at("part1"),
    at("part2"),
  ];
  const merged = await runCli([...args, "--json"]);
  expect(merged.code).toBe(0);
  expect(JSON.parse(merged.out)).toMatchObject({ rows: 96, duplicates: 16 });
  expect(read("merged")).toBe(read("out.jsonl"));
  const missing = await runCli(args.slice(0, -1));
  expect(missing).toMatchObject({
    code: 2,
    err: expect.stringContaining("[training_data_invalid]"),
  });
});

test("kill -9 in the middle: nothing is lost, nothing known is asked again, the output is identical", async () => {
  writeFileSync(at("in.jsonl"), records(20));
  const server = await intentServer(async (text) => {
    await new Promise((done) => setTimeout(done, 5));
    return domains(text.length % 2 ? "law" : "math");
  });
  onTestFinished(() => server.close());
  const args = ["--vsr-url", server.url, "--concurrency", "4"];
  expect(await label([...args, "--output", at("whole.jsonl")])).toMatchObject({ code: 0 });
  for (const enough of [40, 90]) {
    server.asked.length = 0;
    const known = existsSync(at("out.jsonl.labels"))
      ? read("out.jsonl.labels").split("\n").length - 2
      : 0;
    const child = execFile(process.execPath, [
      cli,
      "label",
      "--input",
      at("in.jsonl"),
      "--output",
      at("out.jsonl"),
      ...args,
    ]);
    const ended = once(child, "exit");
    while (known + server.asked.length < enough) await new Promise((done) => setTimeout(done, 2));
    child.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    const found = read("out.jsonl.labels").split("\n").length - 2;
    // All but those that were under way.
    expect(found).toBeGreaterThanOrEqual(enough - 4);
    expect(found).toBeLessThan(160);
  }
  const found = read("out.jsonl.labels").split("\n").length - 2;
  server.asked.length = 0;
  const last = await label([...args, "--json"]);
  expect(JSON.parse(last.out)).toMatchObject({ resumed: found, asked: 160 - found, labelled: 320 });
  expect(new Set(server.asked).size).toBe(160 - found);
  expect(server.asked).toHaveLength(160 - found);
  expect(read("out.jsonl")).toBe(read("whole.jsonl"));
  expect(readdirSync(folder).sort()).toEqual(["in.jsonl", "out.jsonl", "whole.jsonl"]);
});

test("rows without a label: exit code 1, and why; progress in plain lines", async () => {
  writeFileSync(at("in.jsonl"), records(1));
  const server = await intentServer((text) => (text.includes("haiku") ? 400 : domains("math")));
  onTestFinished(() => server.close());
  const { code, out, err } = await label(["--vsr-url", server.url, "--batch-size", "4"]);
  expect(code).toBe(1);
  expect(out).toContain("16 records: 14 labelled, 0 had a category, 2 have none");
  expect(out).toContain("1: it answered 400");
  expect(out + err).not.toContain("haiku");
  expect(err).toMatch(/^row \d+: 4 queries answered.*\nrow \d+: 8 queries answered, .* 1 failed/);
  expect(
    read("out.jsonl")
      .split("\n")
      .filter((line) => line.includes('"category"')),
  ).toHaveLength(14);
});

test("under the reference's name", async () => {
  writeFileSync(at("in.jsonl"), records(1));
  const server = await intentServer(() => domains("law"));
  onTestFinished(() => server.close());
  const args = ["--input", at("in.jsonl"), "--output", at("out.jsonl"), "--vsr-url", server.url];
  const more = ["--batch-size", "100", "--max-retries", "3", "--retry-delay", "1.0"];
  const { code } = await runCli(["add_category_to_training_data", ...args, ...more]);
  expect(code).toBe(0);
  expect(read("out.jsonl")).toContain('"category":"law"}');
});

test("every command of docs/label.md", async () => {
  writeFileSync(at("benchmark.jsonl"), records(1));
  writeFileSync(at("in.jsonl"), records(1));
  const server = await intentServer(() => domains("law"));
  onTestFinished(() => server.close());
  const page = readFileSync(join(packageRoot, "docs/label.md"), "utf8");
  const commands = commandsOf(page);
  expect(commands).toHaveLength(5);
  for (const command of commands) {
    const line = command.replace("http://localhost:8080", server.url);
    expect(await runSh(line, folder)).toMatchObject({ code: 0 });
  }
  expect(server.asked).toHaveLength(8);
  expect(read("labelled.jsonl")).toBe(read("training.jsonl"));
});

test.each([
  { args: ["--shard", "4/3"], err: "counted from 1" },
  { args: ["--retry-delay", "-1"], err: "0 or more" },
  { args: ["--vsr-url", "nowhere"], err: "[config_invalid]" },
  { args: ["--vsr-url", "http://127.0.0.1:1", "--max-retries", "0"], err: "[label_server_failed]" },
  { args: ["--local", "--config", "/nowhere.yaml"], err: "[config_not_found]" },
  { args: ["--local", "--input", "/nowhere.jsonl"], err: "[training_data_invalid]" },
])("$args: exit code 2 and the reason", async ({ args, err }) => {
  expect(await label(args)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(err) });
});

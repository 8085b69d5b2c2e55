import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChild } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { rightAnswer } from "./mock-llm/skill.ts";
import { type MockLlm, startMockLlm } from "./mock-llm/start-mock-llm.ts";
import { ownQuestions } from "./own-questions.ts";
import { isOk, waitUntil } from "./wait.ts";

/** Every command of docs/train-your-own.md, as it stands there, but for the ports. */
const root = join(import.meta.dirname, "..");
const tutorial = readFileSync(join(root, "docs/train-your-own.md"), "utf8");
const blocks = (language: string): string[] =>
  [...tutorial.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );
const commands = blocks("sh").map((command) => command.trim());
const [modelsFile = "", configuration = ""] = blocks("yaml");
const [examples = ""] = blocks("json");

/** The commands read and write beside themselves: here, not in the checkout. */
const folder = mkdtempSync(join(tmpdir(), "signalbox-tutorial-"));
const questions = ownQuestions(32);
const domains = new Map(questions.map(({ query, domain }) => [query, domain]));
const technical = ["math", "computer science", "engineering", "physics", "chemistry"];
/** Each model is good where the other is not. */
const skillOf = (inside: number, outside: number) => ({
  accuracy: Object.fromEntries(technical.map((domain) => [domain, inside])),
  otherwise: outside,
  latencyMs: 0,
  domainOf: (query: string) => domains.get(query),
});
const llms: MockLlm[] = [];

beforeAll(async () => {
  mkdirSync(join(folder, "bin"));
  symlinkSync(join(root, "bin/signalbox"), join(folder, "bin/signalbox"));
  llms.push(await startMockLlm({ model: "llama3.2:3b", skill: skillOf(0.3, 0.9) }));
  llms.push(await startMockLlm({ model: "qwen2.5-coder:7b", skill: skillOf(0.9, 0.3) }));
  const [small, coder] = llms.map(({ port }) => `${port}`) as [string, string];
  writeFileSync(
    join(folder, "models.yaml"),
    modelsFile.replace("8001", small).replace("8002", coder),
  );
  writeFileSync(join(folder, "signalbox.yaml"), configuration);
  const lines = questions.map(({ query }) => JSON.stringify({ query, ground_truth: rightAnswer }));
  writeFileSync(join(folder, "queries.jsonl"), `${examples}${lines.join("\n")}\n`);
});
afterAll(async () => {
  for (const { close } of llms) await close();
  rmSync(folder, { recursive: true });
});

const sh = async (command = "") =>
  (await promisify(execFile)("sh", ["-c", command], { cwd: folder })).stdout;

const lineCount = (name: string): number =>
  readFileSync(join(folder, name), "utf8").trimEnd().split("\n").length;

test("ten commands, each run below", () => {
  const names = commands.map((command) => command.replace("./bin/signalbox ", "").split(" ", 1)[0]);
  const inOrder = "awk benchmark benchmark label label train validate check explain serve";
  expect(names).toEqual(inOrder.split(" "));
});

test("1 to 5: queries are put aside, asked and labelled", async () => {
  const [split, ...next] = commands.slice(0, 5);
  await sh(split);
  const held = lineCount("held-out-queries.jsonl");
  const trained = lineCount("training-queries.jsonl");
  expect(held + trained).toBe(questions.length + 2);
  expect(held).toBe(Math.floor((questions.length + 2) / 4));
  const counts = [trained, held].map((queries) => 2 * queries);
  const said = [
    ...counts.map((rows) => `${rows} of ${rows} rows`),
    ...counts.map((rows) => `${rows} records: ${rows} labelled`),
  ];
  for (const [at, command] of next.entries()) expect(await sh(command)).toContain(said[at]);
  expect(lineCount("training.jsonl")).toBe(2 * trained);
  expect(lineCount("held-out.jsonl")).toBe(2 * held);
});

test("6 to 9: training gains, and the gate is passed; one that asks too much is not", async () => {
  const [train, validate = "", check, explain] = commands.slice(5, 9);
  expect(await sh(train)).toMatch(/^Cross-validation.*\n.*best single model/m);
  const passed = await sh(validate);
  expect(passed).toContain("Gate (gain >= 1, lower end >= 0 points): passed");
  const rows = passed.split("\n").map((line) => line.split(/ {2,}/, 1)[0]);
  const explained = ["Oracle (best)", "SVM Selection (predicted)", "Best Single"];
  expect(rows).toEqual(expect.arrayContaining(explained));
  expect(passed).toContain("over the category table");
  expect(passed).toContain("with speed");
  expect(readFileSync(join(folder, "report/report.html"), "utf8")).toContain("SVM Selection");
  const strict = validate.replace("--fail-under 1 ", "--fail-under 99 ");
  const failed = { code: 1, stdout: expect.stringContaining("points): FAILED") };
  await expect(sh(strict)).rejects.toMatchObject(failed);
  expect(await sh(check)).toContain("signalbox.yaml is valid");
  expect(await sh(explain)).toMatch(/^model +qwen2\.5-coder:7b .*\n[\s\S]*^domain .*\nscores /m);
});

test("10: what was trained is served", async () => {
  const [grpc, api, metrics] = await freePorts(3);
  const ports = `--host 127.0.0.1 --port ${grpc} --api-port ${api} --metrics-port ${metrics}`;
  const command = `cd '${folder}' && exec ${commands[9]} ${ports}`;
  const child = await startChild({ name: "serve", command: "sh", args: ["-c", command] });
  try {
    await waitUntil(() => isOk(`http://127.0.0.1:${api}/ready`), child);
    const answer = await fetch(`http://127.0.0.1:${api}/api/v1/explain`, {
      method: "POST",
      body: JSON.stringify({ query: "Write a function that reverses a linked list" }),
    });
    expect(await answer.json()).toMatchObject({ model: "qwen2.5-coder:7b", algorithm: "svm" });
  } finally {
    await child.stop();
  }
});

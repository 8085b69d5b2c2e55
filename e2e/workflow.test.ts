import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { domainNames } from "../src/domains.ts";
import { ask, chatBody } from "./ask.ts";
import { rightAnswer } from "./mock-llm/skill.ts";
import { type MockLlmOptions, startMockLlm } from "./mock-llm/start-mock-llm.ts";
import { ownQuestions } from "./own-questions.ts";
import type { Question } from "./profiles/ml-model-selection/questions.ts";
import { skills } from "./profiles/ml-model-selection/skills.ts";
import { runSignalbox } from "./run-signalbox.ts";
import { startStack } from "./stack.ts";
import { startSignalbox } from "./start-signalbox.ts";

/** Every command works beside itself: here, not in the checkout. */
const folder = mkdtempSync(join(tmpdir(), "signalbox-workflow-"));
const inFolder = (name: string): string => join(folder, name);

const ends: (() => Promise<void>)[] = [];
const stopAll = async (): Promise<void> => {
  for (const end of ends.splice(0).reverse()) await end();
};
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

/** Two thirds of every domain's questions to train on, one third to judge by. */
const questions = ownQuestions(33);
const isHeldOut = (_: Question, at: number): boolean => at % 3 === 2;
const heldOut = questions.filter(isHeldOut);
const training = questions.filter((question, at) => !isHeldOut(question, at));

const domains = new Map(questions.map(({ query, domain }) => [query, domain]));
const llms: readonly MockLlmOptions[] = Object.entries(skills).map(([model, skill]) => ({
  model,
  skill: { ...skill, domainOf: (query) => domains.get(query) },
  // A tenth of what the skill says: latencies differ as much, in a tenth of the time.
  beforeAnswer: () => sleep(skill.latencyMs / 10),
}));
const models = llms.map(({ model }) => model);

/** A line of what `benchmark` and then `label` write. */
interface Row {
  readonly query: string;
  readonly model_name: string;
  readonly performance: number;
  readonly category?: string;
}

const readRows = (name: string): Row[] =>
  readFileSync(inFolder(name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const writeQueries = (name: string, asked: readonly Question[]): void =>
  writeFileSync(
    inFolder(name),
    asked
      .map(
        ({ query }) => `${JSON.stringify({ query, ground_truth: rightAnswer, metric: "CEM" })}\n`,
      )
      .join(""),
  );

/** One selector for every domain; time enough that a busy machine changes no choice. */
const config = JSON.stringify({
  default_model: models[0],
  model_selection: { ml: { models_path: inFolder("models") } },
  decisions: [
    {
      name: "any",
      rules: { operator: "OR", conditions: domainNames.map((name) => ({ type: "domain", name })) },
      modelRefs: models.map((model) => ({ model })),
      algorithm: { type: "svm" },
    },
  ],
  limits: { deadline_ms: 5000 },
});
const messageTimeoutMs = 6000;

test("prepare, benchmark, label, train, validate, serve: Envoy sends more to a best model than chance or any one model", async () => {
  writeQueries("training-queries.jsonl", training);
  writeQueries("held-out-queries.jsonl", heldOut);

  const servers = await Promise.all(llms.map(startMockLlm));
  ends.push(...servers.map(({ close }) => close));
  const entries = servers.map(({ model, port }) => ({
    name: model,
    endpoint: `http://127.0.0.1:${port}/v1`,
  }));
  writeFileSync(inFolder("models.yaml"), JSON.stringify({ models: entries }));
  const router = await startSignalbox({
    config: join(import.meta.dirname, "../config/default.yaml"),
  });
  ends.push(() => router.child.stop());
  for (const part of ["training", "held-out"]) {
    await runSignalbox([
      ...["benchmark", "--queries", inFolder(`${part}-queries.jsonl`), "--concurrency", "16"],
      ...["--model-config", inFolder("models.yaml"), "--output", inFolder(`${part}-rows.jsonl`)],
    ]);
    await runSignalbox([
      ...["label", "--vsr-url", router.apiUrl],
      ...["--input", inFolder(`${part}-rows.jsonl`), "--output", inFolder(`${part}.jsonl`)],
    ]);
  }
  await stopAll();
  expect(readRows("training.jsonl")).toHaveLength(training.length * models.length);
  const rows = readRows("held-out.jsonl");
  expect(rows).toHaveLength(heldOut.length * models.length);
  expect(rows.every(({ category }) => domainNames.some((name) => name === category))).toBe(true);

  const cache = ["--cache-dir", inFolder("vectors")];
  await runSignalbox([
    ...["train", "--data-file", inFolder("training.jsonl"), ...cache],
    ...["--output-dir", inFolder("models")],
  ]);
  writeFileSync(inFolder("signalbox.yaml"), config);
  const report = JSON.parse(
    await runSignalbox([
      ...["validate", "--data-file", inFolder("held-out.jsonl"), ...cache],
      ...["--training-file", inFolder("training.jsonl"), "--config", inFolder("signalbox.yaml")],
      ...["--algorithm", "svm", "--fail-under", "0", "--json"],
    ]),
  );
  expect(report.leakage).toMatchObject({ verdict: "none", by: "texts" });
  expect(report.data.queries).toBe(heldOut.length);

  const stack = await startStack({
    signalbox: { config: inFolder("signalbox.yaml") },
    llms: llms.map(({ beforeAnswer, ...llm }) => llm),
    defaultModel: models[0] as string,
    envoy: { messageTimeoutMs },
  });
  ends.push(stack.stop);
  const chosen = new Map<string, string>();
  let right = 0;
  for (const { query } of heldOut) {
    const answer = await ask(stack.envoy.url, { body: chatBody(query) });
    expect(answer.status).toBe(200);
    const { model, choices } = JSON.parse(answer.text);
    expect(answer.headers["x-vsr-selected-model"]).toBe(model);
    chosen.set(query, model);
    if (choices[0].message.content === rightAnswer) right++;
  }

  // An answer is worth 1 or 0: a model is the best, or one of the best, exactly where it is right.
  const shareOf = (counted: readonly Row[]): number =>
    counted.reduce((sum, { performance }) => sum + performance, 0) / heldOut.length;
  const routed = shareOf(rows.filter((row) => chosen.get(row.query) === row.model_name));
  const random = shareOf(rows) / models.length;
  const singles = models.map((model) => shareOf(rows.filter((row) => row.model_name === model)));
  console.info(
    `best model chosen: routed ${routed.toFixed(3)}, random ${random.toFixed(3)}, ` +
      models.map((model, at) => `always ${model} ${singles[at]?.toFixed(3)}`).join(", "),
  );
  expect(routed).toBe(right / heldOut.length);
  expect(routed).toBeGreaterThan(random);
  expect(routed).toBeGreaterThan(Math.max(...singles));

  const strategy = (name: string) =>
    report.strategies.find((one: { name: string }) => one.name === name);
  expect(strategy("Random Selection").bestShare).toBeCloseTo(random, 9);
  expect(strategy("SVM Selection (predicted)").bestShare).toBeCloseTo(routed, 9);
});

import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { localHub } from "../hub/testing/local-hub.ts";
import type { Report } from "../validate/report.ts";
import { runCli } from "./testing/run-cli.ts";

// Each run of the command loads the embedder.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = join(import.meta.dirname, "../..");

const topics = {
  law: "the contract, the court and liability in tort",
  math: "the integral of a polynomial and its derivative",
  biology: "cells, enzymes and the genes of a plant",
};
type Topic = keyof typeof topics;

/** lawyer answers law rightly, the others the rest; small is fast and cheap, and knows little. */
const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => from + at).flatMap((at) => {
    const category = Object.keys(topics)[at % 3] as Topic;
    const right = { lawyer: category === "law", scholar: category !== "law", small: at % 4 === 0 };
    return Object.entries(right).map(([model_name, good]) => ({
      query: `explain ${topics[category]}, exercise ${at}`,
      ...{ category, model_name, performance: good ? 1 : 0 },
      ...{ response_time: model_name === "small" ? 0.5 : 4 },
      cost: model_name === "small" ? 0.001 : 0.02,
    }));
  });

const folder = mkdtempSync(join(tmpdir(), "signalbox-validate-"));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const write = (name: string, lines: readonly unknown[]): void =>
  writeFileSync(at(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
const held = records(90, 150);

beforeAll(async () => {
  write("train.jsonl", records(0, 90));
  write("test.jsonl", held);
  const { code, err } = await runCli([
    ...["train", "--data-file", at("train.jsonl"), "--output-dir", at("models")],
    ...["--cache-dir", at("cache"), "--format", "safetensors"],
  ]);
  expect(err).not.toContain("signalbox:");
  expect(code).toBe(0);
});

const validate = (...args: string[]) =>
  runCli(["validate", "--models-dir", at("models"), "--cache-dir", at("cache"), ...args]);
const onTest = (...args: string[]) => validate("--data-file", at("test.jsonl"), ...args);

test("the table, and a report in three forms that say the same", async () => {
  const { code, out, err } = await onTest("--report", at("report"));
  expect(err).not.toContain("signalbox:");
  expect(code).toBe(0);
  expect(out).toMatch(/^Validation Results \(60 test queries, 3 models\)\n/);
  expect(out).toMatch(/^SVM Selection +\d\.\d{3} +\d\.\d\ds +\d+\.\d%$/m);
  expect(readdirSync(at("report")).sort()).toEqual(["report.html", "report.json", "report.md"]);
  const report = JSON.parse(readFileSync(at("report/report.json"), "utf8")) as Report;
  expect(report).toMatchObject({
    data: { queries: 60, models: ["lawyer", "scholar", "small"], seen: 0 },
    leakage: { verdict: "none", by: "query hashes" },
    ...{ bestSingle: "scholar", bestSingleBy: "knn file", cheapestBy: "cost" },
  });
  const quality = Object.fromEntries(report.strategies.map((one) => [one.name, one.quality]));
  // A third of the queries is law; small is right once in four.
  expect(quality).toMatchObject({ "Oracle (best)": 1, "Category Table": 1, "Always small": 0.25 });
  expect(quality["Best Single"]).toBeCloseTo(2 / 3, 12);
  expect(quality["Random Selection"]).toBeCloseTo((1 + 0.25) / 3, 12);
  expect(quality["SVM Selection"]).toBeGreaterThan(0.95);
  for (const { name, quality: own } of report.strategies) {
    for (const text of [out, readFileSync(at("report/report.md"), "utf8")]) {
      expect(text, name).toContain(own.toFixed(3));
    }
  }
  const page = readFileSync(at("report/report.html"), "utf8");
  expect(page).toContain("Quality against cost");
  expect(page.match(/<svg/g)).toHaveLength(4);
});

test("every command of docs/validate.md", async () => {
  write("held-out.jsonl", held);
  write("records.jsonl", records(0, 90));
  for (const [name, target] of [
    ["bin/signalbox", join(root, "bin/signalbox")],
    ["models/mine", at("models")],
  ] as const) {
    mkdirSync(join(at("docs"), name, ".."), { recursive: true });
    symlinkSync(target, join(at("docs"), name));
  }
  for (const name of ["held-out.jsonl", "records.jsonl"])
    symlinkSync(at(name), join(at("docs"), name));
  const text = readFileSync(join(root, "docs/validate.md"), "utf8");
  const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) =>
    block.trim(),
  );
  expect(commands).toHaveLength(3);
  const sh = promisify(execFile);
  for (const command of commands) {
    expect(command).toMatch(/^\.\/bin\/signalbox validate /);
    const { stdout } = await sh("sh", ["-c", command], { cwd: at("docs") });
    expect(stdout).toMatch(command.includes("--json") ? /^\{/ : /^Validation Results/);
  }
  expect(readdirSync(at("docs/report"))).toContain("report.html");
});

test("the same in any order of lines, to the byte", async () => {
  write("shuffled.jsonl", [...held].reverse());
  const [a, b] = await Promise.all([
    onTest("--json"),
    validate("--data-file", at("shuffled.jsonl"), "--json"),
  ]);
  const [first, second] = [a, b].map(({ out }) => JSON.parse(out) as Report);
  const quality = (report?: Report) =>
    report?.strategies.map(({ name, quality: own, shares }) => [name, own.toFixed(9), shares]);
  expect(quality(first)).toEqual(quality(second));
  expect((await onTest("--json")).out).toBe(a.out);
});

test.each([
  { args: ["--fail-under", "20"], code: 0 },
  { args: ["--fail-under", "34"], code: 1 },
  { args: ["--fail-under-lower", "50", "--algorithm", "svm"], code: 1 },
])("a release gate: $args", async ({ args, code }) => {
  const found = await onTest("--json", ...args);
  expect(found.code).toBe(code);
  const { gate } = JSON.parse(found.out) as Report;
  expect(gate?.passed).toBe(code === 0);
  expect(gate?.checks).toHaveLength(args.includes("svm") ? 1 : 3);
});

test("queries that were trained on are left out; with nothing else there is no figure", async () => {
  write("mixed.jsonl", [...records(80, 90), ...held]);
  const mixed = await validate("--data-file", at("mixed.jsonl"), "--json");
  expect(JSON.parse(mixed.out)).toMatchObject({
    ...{ data: { queries: 60, seen: 10 }, leakage: { verdict: "some", seen: 10, counted: false } },
  });
  expect(mixed.err).toContain(
    "10 queries were trained on (found by query hashes) and are left out",
  );
  const byText = await validate(
    ...["--data-file", at("mixed.jsonl"), "--training-file", at("train.jsonl"), "--json"],
  );
  expect(JSON.parse(byText.out)).toMatchObject({ leakage: { by: "texts", seen: 10 } });
  const same = ["--data-file", at("train.jsonl")];
  const refused = await validate(...same);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain("[training_data_invalid] all 90 queries were trained on");
  const allowed = await validate(...same, "--allow-seen", "--fail-under", "-100");
  expect(allowed.code).toBe(1);
  expect(allowed.err).toContain("LEAKAGE: 90 queries were trained on");
  expect(allowed.out).toContain("FAILED, because 90 of the queries were trained on");
});

test("without knn and without the training file the hashes tell, of these files and no others", async () => {
  cpSync(at("models"), at("alone"), { recursive: true });
  for (const name of ["knn_model.safetensors", "svm_model.safetensors"])
    rmSync(at(`alone/${name}`));
  write("upper.jsonl", [
    ...records(80, 90).map((one) => ({ ...one, query: `  ${one.query.toUpperCase()}` })),
    ...held,
  ]);
  const alone = ["--models-dir", at("alone"), "--data-file", at("upper.jsonl"), "--json"];
  const found = await validate(...alone);
  expect(JSON.parse(found.out)).toMatchObject({
    leakage: { verdict: "some", by: "query hashes", seen: 10 },
    ...{ bestSingle: "scholar", bestSingleBy: "training record" },
  });
  expect(found.err).toContain("there is no category table. Give --training-file");
  // A file that the record does not name may have been trained on anything.
  const path = at("alone/training.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  for (const one of record.selectors) for (const file of one.files) file.sha256 = "0".repeat(64);
  writeFileSync(path, JSON.stringify(record));
  expect((await validate(...alone)).err).toContain("LEAKAGE UNKNOWN");
  writeFileSync(path, "{");
  expect(await validate(...alone)).toMatchObject({
    code: 2,
    err: expect.stringContaining("training.json is not what signalbox train writes"),
  });
});

test("what train held out of a file is what validate judges on, of that very file", async () => {
  write("all.jsonl", records(0, 150));
  const trained = await runCli([
    ...["train", "--data-file", at("all.jsonl"), "--output-dir", at("part")],
    ...["--cache-dir", at("cache"), "--format", "safetensors", "--algorithm", "kmeans"],
    ...["--hold-out", "0.3", "--seed", "7", "--json"],
  ]);
  const { statistics } = JSON.parse(trained.out);
  const part = ["--models-dir", at("part"), "--json"];
  const same = await validate("--data-file", at("all.jsonl"), ...part);
  const report = JSON.parse(same.out) as Report;
  expect(report).toMatchObject({
    data: { heldOut: true, testSplit: 0.3, seed: 7, seen: 0, queries: 150 - statistics.queries },
    ...{ leakage: { verdict: "none", by: "query hashes" } },
    ...{ bestSingleBy: "rest of the data file" },
  });
  expect(report.data.queries).toBeGreaterThan(20);
  expect(same.err).toContain(
    "judged on what train held out of the file: 0.3 of its queries, seed 7",
  );
  // Another split of the same file is what was asked for.
  const other = await validate("--data-file", at("all.jsonl"), "--test-split", "1", ...part);
  expect(JSON.parse(other.out)).toMatchObject({
    data: { testSplit: 1, queries: report.data.queries, seen: statistics.queries },
  });
});

test("selectors and records that are not here come from the hub, where it is named", async () => {
  const files = readdirSync(at("models")).map((name) => [name, readFileSync(at(`models/${name}`))]);
  const models = await localHub(Object.fromEntries(files));
  const records = { "validation_benchmark_with_gt.jsonl": readFileSync(at("test.jsonl")) };
  const dataset = await localHub(records, { kind: "dataset" });
  onTestFinished(async () => {
    await Promise.all([models.close(), dataset.close()]);
  });
  const run = (endpoint: string, ...args: string[]) =>
    runCli(
      [
        ...["validate", "--models-dir", at("fetched"), "--cache-dir", at("cache"), "--json"],
        ...["--algorithm", "kmeans", ...args],
      ],
      { HF_HOME: folder, HF_ENDPOINT: endpoint },
    );
  const repo = ["--models-repo", "owner/name"];
  const barred = await run(models.endpoint, ...repo, "--no-download");
  expect(barred).toMatchObject({ code: 2, err: expect.stringContaining("[model_not_found]") });
  const first = await run(models.endpoint, ...repo, "--data-file", at("test.jsonl"));
  expect(first.err).toContain("selectors: of owner/name@");
  expect(JSON.parse(first.out)).toMatchObject({ leakage: { by: "query hashes" } });
  // The model files are here: only the records are asked for.
  const second = await run(dataset.endpoint, ...repo, "--data-repo", "owner/name");
  expect(second.err).toContain("records: validation_benchmark_with_gt.jsonl of owner/name");
  expect(JSON.parse(second.out).strategies).toEqual(JSON.parse(first.out).strategies);
});

test("a part of the file is judged, by query, and a training file is looked into", async () => {
  const found = await onTest(
    ...["--test-split", "0.5", "--training-file", at("train.jsonl"), "--json"],
    ...["--weak", "small", "--strong", "scholar", "--algorithm", "svm"],
  );
  const report = JSON.parse(found.out) as Report;
  expect(report.data.queries).toBeGreaterThan(15);
  expect(report.data.queries).toBeLessThan(45);
  expect(report).toMatchObject({
    ...{ bestSingleBy: "training file", leakage: { verdict: "none", by: "texts" } },
    ...{ pairChosen: "given", pairs: [{ weak: "small", strong: "scholar", algorithm: "svm" }, {}] },
  });
});

test.each([
  { args: ["--test-split", "0"], says: "--test-split is 0" },
  { args: ["--weak", "small"], says: "--weak and --strong go together" },
  {
    args: ["--models-dir", "nowhere"],
    says: "[model_not_found] pretrained model not found: nowhere",
  },
  { args: ["--fail-under", "much"], says: "It must be a number." },
  { args: ["--training-file", "nowhere.jsonl"], says: "nowhere.jsonl cannot be read" },
])("$args cannot run: $says", async ({ args, says }) => {
  const { code, err } = await onTest(...args);
  expect(code).toBe(2);
  expect(err).toContain(says);
});

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Family } from "../../tasks.ts";
import { openModelPack } from "../open-model-pack.ts";
import { supersessionRows, topicRows, writeRows } from "../testing/toy-rows.ts";
import { defaultTrainSettings } from "./settings.ts";
import { type TrainPackOptions, trainPack } from "./train-pack.ts";

// Training takes a second, and several on a machine that is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const newFolder = (): string => mkdtempSync(join(tmpdir(), "signalbox-pack-"));
/** Gone when the test ends. */
function ownFolder(): string {
  const folder = newFolder();
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
const hashes = (folder: string) =>
  readdirSync(folder)
    .toSorted()
    .map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]);
const jsonOf = (folder: string, name: string) =>
  JSON.parse(readFileSync(join(folder, name), "utf8"));

function train(
  preparedDir: string,
  outputDir: string,
  asked: readonly Family[],
  more: Partial<TrainPackOptions> = {},
) {
  const warnings: string[] = [];
  const epochs: string[] = [];
  const done = trainPack({
    families: asked,
    preparedDir,
    outputDir,
    settings: { ...defaultTrainSettings, maxIter: 6 },
    configPath: null,
    date: null,
    tool: "test",
    onEpoch: (family, task, { epoch }) => epochs.push(`${family}/${task} ${epoch}`),
    onFamily: (_summary, all) => warnings.push(...all),
    ...more,
  });
  return done.then((summaries) => ({ summaries, warnings, epochs }));
}

let prepared: string;
let out: string;
let trained: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  prepared = newFolder();
  out = newFolder();
  writeRows(prepared, "router", {
    train: topicRows(300, 1),
    test: topicRows(90, 2),
    eval: topicRows(90, 3),
  });
  writeRows(prepared, "pair", {
    train: supersessionRows(300, 4),
    test: supersessionRows(100, 5),
    eval: supersessionRows(100, 6),
  });
  trained = await train(prepared, out, ["router", "pair"]);
});
afterAll(() => {
  for (const folder of [prepared, out]) rmSync(folder, { recursive: true });
});

test("every file of the reference is there, under its name", () => {
  const perFamily = ["epoch_stats", "label_map", "metrics_eval", "metrics_test", "model"];
  const expected = ["router", "pair"].flatMap((family) => [
    ...[...perFamily, "report_eval", "report_test", "training_metadata"].map(
      (name) => `${family}_${name}.json`,
    ),
    `${family}_model-${jsonOf(out, `${family}_model.json`).sha256.slice(0, 12)}.safetensors`,
  ]);
  expect(readdirSync(out).toSorted()).toEqual(
    [...expected, "manifest.json", "report.html"].toSorted(),
  );
});

test("the files have the reference's keys, and honest figures beside them", () => {
  const block = {
    rows: 90,
    accuracy: expect.any(Number),
    macro_f1: expect.any(Number),
    weighted_f1: expect.any(Number),
    micro_f1: expect.any(Number),
    labels: ["food", "travel", "finance"],
    confusion_matrix: expect.any(Array),
    macro_f1_upstream: expect.any(Number),
    majority_baseline: expect.closeTo(1 / 3, 5),
    calibration_error: expect.any(Number),
    support: { food: 30, travel: 30, finance: 30 },
    intervals: { accuracy: [expect.any(Number), expect.any(Number)], macro_f1: expect.any(Array) },
  };
  expect(jsonOf(out, "router_metrics_test.json")).toMatchObject({
    family: "router",
    split: "test",
    overall: { rows: 90 },
    per_task: { query_domain: { ...block, wrong_task_predictions: 0, wrong_task_rate: 0 } },
  });
  expect(jsonOf(out, "router_report_eval.json").per_task.query_domain).toMatchObject({
    food: {
      precision: expect.any(Number),
      recall: expect.any(Number),
      "f1-score": expect.any(Number),
      support: 30,
    },
    accuracy: expect.any(Number),
    "macro avg": { support: 90 },
    "weighted avg": { support: 90 },
  });
  expect(jsonOf(out, "router_label_map.json")).toEqual({
    label_to_id: { "query_domain::finance": 0, "query_domain::food": 1, "query_domain::travel": 2 },
    id_to_label: { 0: "query_domain::finance", 1: "query_domain::food", 2: "query_domain::travel" },
  });
  expect(jsonOf(out, "router_epoch_stats.json").epoch_stats[0]).toMatchObject({
    epoch: 1,
    train_loss: expect.any(Number),
    train_accuracy: expect.any(Number),
    train_macro_f1: expect.any(Number),
    train_weighted_f1: expect.any(Number),
  });
  expect(jsonOf(out, "pair_training_metadata.json")).toMatchObject({
    family: "pair",
    trained_at_utc: null,
    rows: { train: 300, test: 100, eval: 100 },
    tasks: ["supersession"],
    task_label_counts: { train: { supersession: { supersedes: 150, no_supersedes: 150 } } },
    train_config: { seed: 42 },
  });
});

test("topics are learnt, and direction: the same two texts the other way round are another pair", () => {
  expect(jsonOf(out, "router_metrics_test.json").overall.accuracy).toBeGreaterThan(0.95);
  expect(jsonOf(out, "pair_metrics_test.json").overall.accuracy).toBeGreaterThan(0.95);
  const pack = openModelPack(out);
  const later = "bank card today instead";
  expect(pack.predictPair("supersession", "bank card today", later).label).toBe("supersedes");
  expect(pack.predictPair("supersession", later, "bank card today").label).toBe("no_supersedes");
});

test("the same rows and seed write the same bytes; another seed does not", async () => {
  const [again, other] = [ownFolder(), ownFolder()];
  await train(prepared, again, ["router", "pair"]);
  const sameButPaths = (folder: string) =>
    hashes(folder).filter(([name]) => name !== "manifest.json");
  expect(sameButPaths(again)).toEqual(sameButPaths(out));
  await train(prepared, other, ["pair"], {
    settings: { ...defaultTrainSettings, maxIter: 6, seed: 7 },
  });
  const modelOf = (folder: string) => jsonOf(folder, "pair_model.json").tensors;
  expect(modelOf(other)).not.toBe(modelOf(out));
});

test("manifest.json keeps the families of earlier runs, and no path of the machine", async () => {
  const folder = ownFolder();
  await train(prepared, folder, ["router"]);
  await train(prepared, folder, ["pair"]);
  const { families: known, paths } = jsonOf(folder, "manifest.json");
  expect(Object.keys(known)).toEqual(["router", "pair"]);
  expect(known.pair).toMatchObject({
    model_path: "pair_model.json",
    rows: { train: 300 },
    test: { rows: 100 },
    int8_changes: { rows: 200 },
  });
  expect(paths.trained_models_dir).toBe(".");
  expect(readFileSync(join(folder, "manifest.json"), "utf8")).not.toContain(tmpdir());
});

test("a line a pass, and what is missing is told", () => {
  expect(trained.epochs.slice(0, 2)).toEqual(["router/query_domain 1", "router/query_domain 2"]);
  expect(trained.warnings).toContain(
    "no training row of memory_type, query_intent, constraint_dimension, context_tag, salience_bin, importance_bin, confidence_bin, decay_profile: left out, and their defaults are said",
  );
  expect(trained.warnings).toContain(
    "query_domain: no training row of general, health, work, tech, social, which can never be said",
  );
});

test("report.html has a plot of the passes and one of each task, and runs nothing", () => {
  const html = readFileSync(join(out, "report.html"), "utf8");
  expect(html.match(/<svg/g)).toHaveLength(4);
  expect(html).toContain("query_domain: what was said");
  expect(html).not.toContain("<script");
});

test.each([
  {
    case: "an unknown task",
    rows: [{ text: "a", task: "query_domian", label: "food", source: "s" }],
    want: /router_train\.jsonl\.gz:1: "query_domian" is no task of family router\. Use one of memory_type/,
  },
  {
    case: "a task of another family",
    rows: [{ text: "a", task: "pii_presence", label: "pii", source: "s" }],
    want: /"pii_presence" is no task of family router/,
  },
  {
    case: "an unknown label",
    rows: [{ text: "a", task: "query_domain", label: "foood", source: "s" }],
    want: /:1: "foood" is no label of query_domain\. Use one of general, food/,
  },
  { case: "a line that is no JSON", rows: ["{"], want: /:1 is not JSON/ },
  { case: "an empty file", rows: [], want: /family router has no training row/ },
  {
    case: "texts of nothing but white space",
    rows: [{ text: " \n", task: "query_domain", label: "food", source: "s" }],
    want: /family router has no training row/,
  },
  {
    case: "one label alone",
    rows: topicRows(9, 1).filter(({ label }) => label === "food"),
    want: /no task of family router has rows of two labels/,
  },
])("refused: $case", async ({ rows, want }) => {
  const [folder, into] = [ownFolder(), ownFolder()];
  writeRows(folder, "router", { train: rows });
  await expect(train(folder, into, ["router"])).rejects.toThrow(want);
  await expect(train(folder, into, ["router"])).rejects.toMatchObject({
    code: "training_data_invalid",
  });
  expect(readdirSync(into)).toEqual([]);
});

test("a family that was not prepared is refused by the name of its file", async () => {
  await expect(train(prepared, out, ["extractor"])).rejects.toThrow(
    /extractor_train\.jsonl\.gz does not exist/,
  );
});

test("a label with one row, a lone surrogate and a megabyte of text: trained on, and told", async () => {
  const [folder, into] = [ownFolder(), ownFolder()];
  writeRows(folder, "router", {
    train: [
      ...topicRows(60, 1),
      { text: "doctor fever", task: "query_domain", label: "health", source: "s" },
      '{"text":"\\ud800 recipe oven","task":"query_domain","label":"food"}',
      { text: "bank loan ".repeat(100_000), task: "query_domain", label: "finance", source: "s" },
    ],
  });
  const { warnings } = await train(folder, into, ["router"]);
  expect(warnings).toContain("query_domain: one training row only of health");
  expect(warnings).toContain("router: no test rows, so no figures of them");
  expect(warnings.join()).toContain("too few rows to stop early and to calibrate");
  const pack = openModelPack(into);
  expect(pack.predict("query_domain", "doctor fever").label).toBe("health");
  expect(pack.predict("query_domain", "\udfff an oven and a recipe").label).toBe("food");
  expect(pack.predict("query_domain", "loan ".repeat(250_000)).label).toBe("finance");
});

test("what one text alone says is in no model, however many tasks it is a row of", async () => {
  const [folder, into] = [ownFolder(), ownFolder()];
  const text = "Zebulon Quagmire dials 5550199823";
  const personal = [
    { text, task: "query_domain", label: "food", source: "s" },
    { text, task: "memory_type", label: "message", source: "s" },
    { text: text.toUpperCase(), task: "memory_type", label: "plan", source: "s" },
  ];
  writeRows(folder, "router", { train: [...topicRows(120, 1), ...personal] });
  await train(folder, into, ["router"]);
  const { tensors } = jsonOf(into, "router_model.json");
  const bytes = readFileSync(join(into, tensors), "latin1");
  expect(bytes).toContain("invoice");
  for (const gram of ["zebulon", "quag", "5550"]) expect(bytes).not.toContain(gram);
});

test("pairs of which no word is frequent enough are learnt by their facts, which is told", async () => {
  const folder = ownFolder();
  const settings = { ...defaultTrainSettings, maxIter: 6, minDf: 1e6 };
  const { warnings } = await train(prepared, folder, ["pair"], { settings });
  expect(warnings).toContain("pair: no word is in min_df (1000000) texts, so none is learnt from");
  const pack = openModelPack(folder);
  expect(pack.predictPair("supersession", "bank card", "bank card instead").source).toBe("model");
});

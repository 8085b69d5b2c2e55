import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { allowsLicense, knownSource } from "../prepare/known-sources.ts";
import { llmOf, readPipeline, withDotEnv } from "./read-pipeline.ts";

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-pipeline-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "model_pipeline.toml");
  writeFileSync(path, text);
  return path;
}

const sections = "[paths]\n[prepare]\n[synthetic_llm]\n";

test("the reference's defaults, with paths from the file's folder", () => {
  const path = fileOf(`${sections}[train]\n`);
  const pipeline = readPipeline(path, ["paths", "prepare", "synthetic_llm", "train"]);
  expect(pipeline.prepare).toMatchObject({
    seed: 42,
    train_ratio: 0.8,
    max_rows_per_source: 60_000,
    target_per_task_label: 10_000,
    max_per_task_label: 50_000,
  });
  expect(pipeline.train).toMatchObject({ max_features: 250_000, max_iter: 25, alpha: 1e-5 });
  expect(pipeline.synthetic_llm).toMatchObject({ temperature: 1.35, batch_size: 24 });
  expect(pipeline.paths.prepared_dir).toBe(
    join(path, "..", "packages/models/prepared_data/modelpack"),
  );
});

test("a data set, by its link or its name", () => {
  const path = fileOf(
    `[[datasets]]\nname = "snli"\ntarget = "pair"\nlink = "https://x/datasets/a/b"\n`,
  );
  expect(readPipeline(path, []).datasets).toMatchObject([
    { kind: "huggingface", split: "train", enabled: true, required: false },
  ]);
});

test.each([
  { case: "broken TOML", text: "[paths]\nprepared_dir = \n", want: "line 2" },
  { case: "an unknown key", text: "[prepare]\nseeds = 1", want: "seeds" },
  { case: "a number that is none", text: '[prepare]\nseed = "a"', want: "prepare.seed" },
  { case: "no rows wanted", text: "[prepare]\ntarget_per_task_label = 0", want: "target_per" },
  { case: "a share below 0", text: "[prepare]\ntest_ratio = -1", want: "prepare.test_ratio" },
  {
    case: "no shares",
    text: "[prepare]\ntrain_ratio = 0\ntest_ratio = 0\neval_ratio = 0",
    want: "are all 0",
  },
  { case: "an unknown family", text: '[train]\nfamilies = ["routers"]', want: "train.families" },
  {
    case: "a data set that climbs",
    text: '[[datasets]]\nname = "a"\ntarget = "seed"\ndataset_id = "../../x"',
    want: "datasets.0.dataset_id",
  },
  {
    case: "a revision that climbs",
    text: '[[datasets]]\nname = "a"\ntarget = "seed"\ndataset_id = "a/b@../../x"',
    want: "datasets.0.dataset_id",
  },
  { case: "grams of nothing", text: "[train]\nngram_min = 3", want: "train.ngram_min: is above" },
  { case: "weights that vanish", text: "[train]\nalpha = 1", want: "train.alpha" },
  {
    case: "a name twice",
    text: '[[datasets]]\nname = "a"\ntarget = "seed"\n[[datasets]]\nname = "a"\ntarget = "pair"',
    want: "two data sets have one name",
  },
  { case: "a missing section", text: "[prepare]", want: "has no section [paths]" },
])("refused: $case", ({ text, want }) => {
  expect(() => readPipeline(fileOf(text), ["paths"])).toThrow(
    expect.objectContaining({ code: "config_invalid", detail: expect.stringContaining(want) }),
  );
});

test("a file that is not there", () => {
  expect(() => readPipeline("/nowhere/p.toml", [])).toThrow(
    expect.objectContaining({ code: "config_not_found" }),
  );
});

test("the environment goes before the file, and .env behind both", () => {
  const path = fileOf(
    `${sections}model = "from-file"\nbase_url = "http://file/v1"\nprovider = "ollama"\n`,
  );
  writeFileSync(join(path, "../.env"), "LLM_EVAL__MODEL=from-dot-env\nOPENAI_API_KEY='k 1'\n");
  const { synthetic_llm } = readPipeline(path, ["synthetic_llm"]);
  expect(llmOf(synthetic_llm, {})).toMatchObject({ model: "from-file", apiKey: undefined });
  const env = withDotEnv(path, { LLM_EVAL__PROVIDER: "openai" });
  expect(llmOf(synthetic_llm, env)).toMatchObject({
    provider: "openai",
    model: "from-dot-env",
    apiKey: "k 1",
  });
  const own = withDotEnv(path, {
    LLM_EVAL__MODEL: "own",
    OPENAI_API_KEY: "",
    LLM_EVAL__API_KEY: "e",
  });
  expect(llmOf(synthetic_llm, own)).toMatchObject({ model: "own", apiKey: "e" });
});

test("no model is no LLM; an address that is none is an error without its text", () => {
  const { synthetic_llm } = readPipeline(fileOf(sections), ["synthetic_llm"]);
  expect(llmOf(synthetic_llm, {})).toBeUndefined();
  const bad = { LLM_EVAL__MODEL: "m", LLM_EVAL__BASE_URL: "http://user:secret@h/v1" };
  expect(() => llmOf(synthetic_llm, bad)).toThrow(/base_url/);
  expect(() => llmOf(synthetic_llm, bad)).not.toThrow(/secret/);
});

test("the example: 13 data sets, and every one that is on allows commercial use", () => {
  const path = join(import.meta.dirname, "../../../config/model_pipeline.toml");
  const { datasets } = readPipeline(path, ["paths", "prepare", "train", "synthetic_llm"]);
  expect(datasets).toHaveLength(13);
  for (const one of datasets) {
    const license = knownSource(one)?.license ?? "";
    expect([one.name, allowsLicense("commercial", license)]).toEqual([one.name, one.enabled]);
  }
});

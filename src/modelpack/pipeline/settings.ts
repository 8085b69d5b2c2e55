import { z } from "zod";
import { families } from "../../tasks.ts";

/** Keys and defaults of the reference's model_pipeline.toml; those marked "ours" it does not know. */

const whole = z.int().positive();
const ratio = z.number().min(0);
const text = z.string();

const Paths = z.strictObject({
  prepared_dir: text.default("packages/models/prepared_data/modelpack"),
  bootstrap_prepared_dir: text.default("packages/models/prepared_data"),
  trained_models_dir: text.default("packages/models/trained_models"),
  /** Local raw files, and the hub's cache; empty: the hub's own cache. */
  datasets_cache_dir: text.default("packages/models/datasets"),
});

const Prepare = z
  .strictObject({
    seed: z.int().default(42),
    train_ratio: ratio.default(0.8),
    test_ratio: ratio.default(0.1),
    eval_ratio: ratio.default(0.1),
    max_rows_per_source: whole.default(60_000),
    target_per_task_label: whole.default(10_000),
    max_per_task_label: whole.default(50_000),
    auto_download_missing: z.boolean().default(true),
    require_datasets_package: z.boolean().default(true),
    /** Ours: most bytes of one data set's files. */
    max_source_mb: whole.default(4096),
  })
  .refine((prepare) => prepare.train_ratio + prepare.test_ratio + prepare.eval_ratio > 0, {
    error: "train_ratio, test_ratio and eval_ratio are all 0",
    path: ["train_ratio"],
  });

/** Longer ones are hardly ever twice in a text. */
const gram = z.int().min(1).max(10);

const Train = z
  .strictObject({
    seed: z.int().default(42),
    families: z
      .array(z.enum(families))
      .nonempty()
      .default([...families]),
    max_features: whole.default(250_000),
    min_df: whole.default(2),
    ngram_min: gram.default(1),
    ngram_max: gram.default(2),
    max_iter: whole.default(25),
    alpha: z.number().positive().max(0.1).default(1e-5),
    /** Names of a later trainer of the reference; the defaults are ours. */
    char_ngram_min: gram.default(2),
    char_ngram_max: gram.default(6),
    char_min_df: whole.default(2),
    /** Ours. */
    word_weight: z.number().positive().default(0.7),
    early_stopping_patience: whole.default(4),
    predict_batch_size: whole.default(8192),
  })
  .refine((train) => train.ngram_min <= train.ngram_max, {
    error: "is above ngram_max",
    path: ["ngram_min"],
  })
  .refine((train) => train.char_ngram_min <= train.char_ngram_max, {
    error: "is above char_ngram_max",
    path: ["char_ngram_min"],
  });

const SyntheticLlm = z.strictObject({
  provider_env: text.default("LLM_EVAL__PROVIDER"),
  model_env: text.default("LLM_EVAL__MODEL"),
  base_url_env: text.default("LLM_EVAL__BASE_URL"),
  api_key_env: text.default("OPENAI_API_KEY"),
  provider: text.default("ollama"),
  model: text.default(""),
  base_url: text.default(""),
  temperature: z.number().min(0).default(1.35),
  top_p: z.number().positive().max(1).default(0.95),
  max_tokens: whole.default(1024),
  batch_size: whole.default(24),
  timeout_seconds: z.number().min(10).default(120),
  max_retries: z.int().min(0).default(3),
  max_attempts_per_label: whole.default(80),
  local_raw_scan_rows_per_file: whole.default(300),
  /** Ours: requests under way at once. */
  concurrency: whole.default(4),
});

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "holds more than letters, digits, . _ -");

/** `name@revision` and `owner/name@revision`: a commit pins what is read. */
export const datasetId = z
  .string()
  // A name becomes part of paths and URLs; nothing in it may climb.
  .refine((text) => !/\.\.|\/\/|\/$/.test(text), { error: "holds .., // or a / at its end" })
  .regex(
    /^(?:[A-Za-z0-9][\w.-]{0,95}\/)?[A-Za-z0-9][\w.-]{0,95}(?:@[\w./-]{1,128})?$/,
    "is no name of a data set",
  );

const Dataset = z
  .strictObject({
    name,
    target: z.enum([...families, "seed"]),
    /** `local` is ours: `path` is a file or a folder. */
    kind: z.enum(["huggingface", "local"]).default("huggingface"),
    link: text.default(""),
    dataset_id: z.union([datasetId, z.literal("")]).default(""),
    config: text.default(""),
    split: text.default("train"),
    max_rows: whole.optional(),
    enabled: z.boolean().default(true),
    required: z.boolean().default(false),
    /** All below is ours. SPDX name; without it the known one, else what the hub's card says. */
    license: text.optional(),
    path: text.optional(),
    /** Files of the repository, where neither its card nor their names tell the split. */
    data_files: z.array(text).optional(),
    /** How its columns become labelled rows; without them the rule that is known by its name, else seeds only. */
    task: text.optional(),
    text_field: text.optional(),
    text_b_field: text.optional(),
    label_field: text.optional(),
    label: text.optional(),
    label_map: z.record(z.string(), z.string()).optional(),
    group_field: text.optional(),
  })
  .refine((one) => one.kind !== "local" || one.path !== undefined, {
    error: "a local data set needs a path",
    path: ["path"],
  });

export const Pipeline = z.strictObject({
  paths: Paths.optional(),
  prepare: Prepare.optional(),
  train: Train.optional(),
  synthetic_llm: SyntheticLlm.optional(),
  datasets: z
    .array(Dataset)
    .default([])
    .refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
      error: "two data sets have one name",
    }),
});

export type Pipeline = z.infer<typeof Pipeline>;
export type PathSettings = z.infer<typeof Paths>;
export type PrepareSettings = z.infer<typeof Prepare>;
export type TrainSettings = z.infer<typeof Train>;
export type LlmSettings = z.infer<typeof SyntheticLlm>;
export type DatasetSettings = z.infer<typeof Dataset>;

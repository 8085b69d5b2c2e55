import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { RouterError } from "../errors.ts";
import { type Precision, precisions } from "../modelpack/model/header.ts";
import { readPipeline } from "../modelpack/pipeline/read-pipeline.ts";
import type { TrainSettings as TrainSection } from "../modelpack/pipeline/settings.ts";
import type { EpochFigures } from "../modelpack/training/fit-task.ts";
import { defaultTrainSettings, floors } from "../modelpack/training/settings.ts";
import { trainPack } from "../modelpack/training/train-pack.ts";
import { type Family, families } from "../tasks.ts";
import { integer, whole } from "./number-options.ts";

interface Options {
  readonly config?: string;
  readonly families?: readonly Family[];
  readonly seed?: number;
  readonly maxIter?: number;
  readonly maxFeatures?: number;
  readonly predictBatchSize?: number;
  readonly preparedDir?: string;
  readonly outputDir?: string;
  readonly precision: Precision;
  readonly date?: string;
  readonly json?: boolean;
}

export function registerTrain(pack: Command): void {
  pack
    .command("train")
    .description("Train the tasks of prepared rows, and say what they are worth")
    .option("--config <file>", "model_pipeline.toml, sections [paths] and [train]")
    .option("--families <names>", `of ${families.join(",")}`, familyList)
    .option("--seed <number>", "the same rows and seed write the same bytes", integer)
    .option("--max-iter <number>", "most passes over the rows", whole)
    .option("--max-features <number>", "most words, and most n-grams of characters", whole)
    .option("--predict-batch-size <number>", "accepted for scripts of the reference", whole)
    .option("--prepared-dir <folder>", "what modelpack prepare wrote")
    .option("--output-dir <folder>", "where the models and their figures go")
    .addOption(
      new Option("--precision <name>", "of the weights; int8 is a quarter of the size")
        .choices(precisions)
        .default("int8"),
    )
    .option("--date <text>", "stored in the files; without it the same rows give the same bytes")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

function familyList(text: string): readonly Family[] {
  return text.split(",").map((part) => {
    const family = families.find((one) => one === part.trim());
    if (family) return family;
    throw new InvalidArgumentError(`It must be some of ${families.join(", ")}.`);
  });
}

async function run(options: Options): Promise<void> {
  const { config, precision, date } = options;
  const file = config === undefined ? undefined : readPipeline(config, ["paths", "train"]);
  const preparedDir = options.preparedDir ?? file?.paths.prepared_dir;
  const outputDir = options.outputDir ?? file?.paths.trained_models_dir;
  if (preparedDir === undefined || outputDir === undefined) {
    throw new RouterError(
      "config_invalid",
      "neither --config nor both of --prepared-dir and --output-dir are given",
      "Name the folders",
    );
  }
  const given = file?.train;
  const settings = {
    ...defaultTrainSettings,
    ...(given && settingsOf(given)),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.maxIter !== undefined && { maxIter: options.maxIter }),
    ...(options.maxFeatures !== undefined && { maxFeatures: options.maxFeatures }),
    precision,
  };
  const summaries = await trainPack({
    families: options.families ?? given?.families ?? families,
    preparedDir,
    outputDir,
    settings: {
      ...settings,
      maxFeatures: Math.max(floors.maxFeatures, settings.maxFeatures),
      maxIter: Math.max(floors.maxIter, settings.maxIter),
      alpha: Math.max(floors.alpha, settings.alpha),
    },
    configPath: config ?? null,
    date: date ?? null,
    tool: `signalbox ${version}`,
    onEpoch: (family, task, epoch) => say(epochLine(family, task, epoch, settings.maxIter)),
    onFamily: (summary, warnings) => {
      for (const warning of warnings) say(`warning: ${warning}`);
      const { test, int8_changes: int8 } = summary;
      const figures = test
        ? `test accuracy ${test.accuracy.toFixed(4)}, macro-F1 ${test.macro_f1.toFixed(4)}, calibration error ${test.calibration_error.toFixed(4)}; `
        : "";
      say(
        `${summary.family}: ${figures}${(summary.model_bytes / 1e6).toFixed(2)} MB; int8 changes ${int8.changed} of ${int8.rows} answers`,
      );
    },
  });
  if (options.json) process.stdout.write(`${JSON.stringify({ families: summaries })}\n`);
}

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

/** Of `[train]`. */
const settingsOf = (section: TrainSection) => ({
  seed: section.seed,
  maxFeatures: section.max_features,
  minDf: section.min_df,
  wordGrams: { min: section.ngram_min, max: section.ngram_max },
  characterGrams: { min: section.char_ngram_min, max: section.char_ngram_max },
  characterMinDf: section.char_min_df,
  wordWeight: section.word_weight,
  maxIter: section.max_iter,
  alpha: section.alpha,
  patience: section.early_stopping_patience,
});

function epochLine(family: Family, task: string, figures: EpochFigures, most: number): string {
  const held =
    figures.held_loss === null
      ? ""
      : `, held loss ${figures.held_loss.toFixed(4)} accuracy ${figures.held_accuracy?.toFixed(4)} macro-F1 ${figures.held_macro_f1?.toFixed(4)}`;
  return `${family}/${task} epoch ${figures.epoch}/${most}: loss ${figures.train_loss.toFixed(4)} accuracy ${figures.train_accuracy.toFixed(4)}${held}`;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

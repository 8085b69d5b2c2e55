import { createHash } from "node:crypto";
import { RouterError } from "../../errors.ts";
import type { SparseRow } from "../../math/sparse-row.ts";
import { type Family, type Task, tasksOf } from "../../tasks.ts";
import { countTerms, type WeightedTerms } from "../features/count-terms.ts";
import { distinctTexts } from "../features/distinct-texts.ts";
import { pairSpace, singleSpace } from "../features/feature-space.ts";
import { eachCharacterGrams, eachWordGrams } from "../features/read-texts.ts";
import { columnsOf, type FamilyModelFile, type TaskWeights } from "../model/model-file.ts";
import { packed } from "../model/quantise.ts";
import { confidencesOf, highestOf, scoresOf } from "../model/scores.ts";
import type { LinearModel } from "./averaged-sgd.ts";
import { type EpochFigures, type FittedTask, fitTask } from "./fit-task.ts";
import type { Row, SplitRows } from "./read-rows.ts";
import type { TrainSettings } from "./settings.ts";
import { sliceOf } from "./slice.ts";
import type { TaskVerdict } from "./split-figures.ts";

export interface FamilyData {
  readonly train: SplitRows;
  readonly test?: SplitRows | undefined;
  readonly eval?: SplitRows | undefined;
}

export interface TrainedTask extends Omit<FittedTask, "model"> {
  readonly name: string;
  /** Of the model: those that the training rows have, in the order of their declaration. */
  readonly labels: readonly string[];
}

export interface TrainedFamily {
  readonly file: FamilyModelFile;
  readonly tasks: readonly TrainedTask[];
  readonly verdicts: {
    readonly test?: readonly TaskVerdict[];
    readonly eval?: readonly TaskVerdict[];
  };
  /** Share of the answers on test and eval that differ between the float32 weights and the int8 ones. */
  readonly int8Changes: { readonly rows: number; readonly changed: number };
  readonly warnings: readonly string[];
}

/** Learns every task of a family that has rows. Throws RouterError `training_data_invalid` when none has two labels. */
export function trainFamily(
  family: Family,
  data: FamilyData,
  settings: TrainSettings,
  {
    tool,
    onEpoch,
  }: { readonly tool: string; readonly onEpoch: (task: string, epoch: EpochFigures) => void },
): TrainedFamily {
  const { rows } = data.train;
  if (rows.length === 0) {
    throw new RouterError(
      "training_data_invalid",
      `family ${family} has no training row`,
      "Prepare it with signalbox modelpack prepare, or leave it out of --families",
    );
  }
  const texts = distinctTexts(rows.map((row) => row.texts));
  const limit = { maxFeatures: settings.maxFeatures };
  const words = countTerms(eachWordGrams(texts, settings.wordGrams), {
    ...limit,
    minDf: settings.minDf,
  });
  const characters: WeightedTerms =
    family === "pair"
      ? { terms: [], idf: new Float32Array(0) }
      : countTerms(eachCharacterGrams(texts, settings.characterGrams), {
          ...limit,
          minDf: settings.characterMinDf,
        });
  const rowOf = rowReader(family, words, characters, settings);
  const columns = columnsOf(family, words.terms.length, characters.terms.length);
  if (columns === 0) {
    throw new RouterError(
      "training_data_invalid",
      `no n-gram of family ${family} is in enough texts: min_df is ${settings.minDf}, char_min_df ${settings.characterMinDf}`,
      "Lower them in [train], or prepare more rows",
    );
  }

  const warnings = tasksWithoutRows(family, rows);
  if (words.terms.length === 0) {
    warnings.push(
      `${family}: no word is in min_df (${settings.minDf}) texts, so none is learnt from`,
    );
  }
  const tasks: TrainedTask[] = [];
  const weights = new Map<string, TaskWeights>();
  const verdicts = { test: [] as TaskVerdict[], eval: [] as TaskVerdict[] };
  let [changed, compared] = [0, 0];
  for (const task of tasksOf(family)) {
    const own = rows.filter((row) => row.task === task.name);
    const labels = labelsOf(task, own, warnings);
    if (labels.length < 2) continue;
    const { model, ...fitted } = fitTask(
      {
        rows: own.map(rowOf),
        labels: Uint8Array.from(own, ({ label }) => labels.indexOf(label)),
        names: labels,
        columns,
      },
      sliceOf(own, settings.seed),
      settings,
      (epoch) => onEpoch(task.name, epoch),
    );
    refuseStrange(task.name, model, fitted.temperature);
    if (!fitted.calibrated) {
      warnings.push(`${task.name}: too few rows to stop early and to calibrate confidences on`);
    }
    const both = { float32: packed(model, "float32"), int8: packed(model, "int8") };
    const stored = both[settings.precision];
    weights.set(task.name, stored);
    tasks.push({ name: task.name, labels, ...fitted });
    for (const split of ["test", "eval"] as const) {
      for (const row of data[split]?.rows ?? []) {
        if (row.task !== task.name) continue;
        const x = rowOf(row);
        const confidences = confidencesOf(scoresOf(x, stored), fitted.temperature);
        const best = highestOf(confidences);
        verdicts[split].push({
          actual: row.label,
          predicted: labels[best] as string,
          confidence: confidences[best] as number,
          task: row.task,
          source: row.source,
        });
        compared++;
        if (highestOf(scoresOf(x, both.int8)) !== highestOf(scoresOf(x, both.float32))) changed++;
      }
    }
  }
  if (tasks.length === 0) {
    throw new RouterError(
      "training_data_invalid",
      `no task of family ${family} has rows of two labels`,
      "Prepare more rows, or leave the family out of --families",
    );
  }
  const header = {
    kind: "modelpack" as const,
    version: 1 as const,
    family,
    tool,
    word_grams: settings.wordGrams,
    character_grams: family === "pair" ? null : settings.characterGrams,
    word_weight: family === "pair" ? 1 : settings.wordWeight,
    word_terms: words.terms.length,
    character_terms: characters.terms.length,
    columns,
    precision: settings.precision,
    tasks: tasks.map(({ name, labels, temperature }) => ({
      name,
      labels: [...labels],
      temperature,
    })),
    seed: settings.seed,
    data_sha256: data.train.sha256,
    settings_sha256: createHash("sha256").update(JSON.stringify(settings)).digest("hex"),
    sha256: "",
  };
  return {
    file: { header, words, characters, weights },
    tasks,
    verdicts: {
      ...(data.test && { test: verdicts.test }),
      ...(data.eval && { eval: verdicts.eval }),
    },
    int8Changes: { rows: compared, changed },
    warnings,
  };
}

/** Steps that are too large end in numbers that are none. */
function refuseStrange(task: string, { weights, intercepts }: LinearModel, temperature: number) {
  if ([weights, intercepts, [temperature]].every((list) => list.every(Number.isFinite))) return;
  throw new RouterError(
    "training_data_invalid",
    `${task}: with these settings a weight is not a finite number`,
    "Lower alpha or word_weight in [train]",
  );
}

function rowReader(
  family: Family,
  words: WeightedTerms,
  characters: WeightedTerms,
  { wordGrams, characterGrams, wordWeight }: TrainSettings,
): (row: Row) => SparseRow {
  const ranges = { word: wordGrams, character: characterGrams, wordWeight };
  if (family === "pair") {
    const space = pairSpace(words, ranges);
    return ({ texts: [a = "", b = ""] }) => space.rowOf(a, b);
  }
  const space = singleSpace(words, characters, ranges);
  return ({ texts: [text = ""] }) => space.rowOf(text);
}

/** In one line; of optional tasks nothing is said. */
function tasksWithoutRows(family: Family, rows: readonly Row[]): string[] {
  const present = new Set(rows.map(({ task }) => task));
  const missing = tasksOf(family).filter(({ name, optional }) => !optional && !present.has(name));
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name).join(", ");
  return [`no training row of ${names}: left out, and their defaults are said`];
}

/** Those that rows have; what is missing or hardly there is told. */
function labelsOf(
  { name, labels }: Task,
  rows: readonly Row[],
  warnings: string[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const present = labels.filter((label) => counts.has(label));
  if (rows.length === 0) return [];
  if (present.length < 2) {
    warnings.push(
      `${name}: only label ${present[0]} has rows; it is left out, and its default is said`,
    );
    return [];
  }
  const missing = labels.filter((label) => !counts.has(label));
  if (missing.length > 0) {
    warnings.push(`${name}: no training row of ${missing.join(", ")}, which can never be said`);
  }
  const single = present.filter((label) => counts.get(label) === 1);
  if (single.length > 0) warnings.push(`${name}: one training row only of ${single.join(", ")}`);
  return present;
}

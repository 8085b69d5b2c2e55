import { type Family, labelKey, tasksOf } from "../../tasks.ts";
import { headerName, tensorsName } from "../model/header.ts";
import { modelBytes } from "../model/model-file.ts";
import { splits } from "../rows.ts";
import type { EpochFigures } from "./fit-task.ts";
import {
  type Block,
  blockOf,
  reportOf,
  type TaskBlock,
  type TaskVerdict,
  taskBlockOf,
} from "./split-figures.ts";
import type { FamilyData, TrainedFamily } from "./train-family.ts";

/** Names and keys are the reference's; keys that it does not have are ours. */
export interface FamilyFiles {
  readonly model: { readonly header: string; readonly tensors: Uint8Array };
  readonly tensorsName: string;
  /** By name of the file. */
  readonly figures: ReadonlyMap<string, string>;
  readonly summary: FamilySummary;
  /** Of the splits that have rows. */
  readonly metrics: Readonly<Partial<Record<string, SplitMetrics>>>;
}

/** Those that a family may have: what an earlier run left of them says nothing of a new model. */
export const figureNames = (family: Family): readonly string[] =>
  [
    ...["label_map", "metrics_test", "metrics_eval", "report_test", "report_eval"],
    ...["epoch_stats", "training_metadata"],
  ].map((name) => figureName(family, name));

const figureName = (family: Family, name: string): string => `${family}_${name}.json`;

/** What manifest.json says of a family. */
export interface FamilySummary {
  readonly family: Family;
  /** Beside the manifest. */
  readonly model_path: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly test: Block | null;
  readonly eval: Block | null;
  readonly model_sha256: string;
  readonly data_sha256: string;
  readonly model_bytes: number;
  readonly int8_changes: {
    readonly rows: number;
    readonly changed: number;
    readonly share: number;
  };
}

export interface SplitMetrics {
  readonly family: Family;
  readonly split: string;
  readonly overall: Block;
  readonly per_task: Readonly<Record<string, TaskBlock>>;
}

export function familyFiles(
  family: Family,
  data: FamilyData,
  trained: TrainedFamily,
  about: { readonly config: object; readonly date: string | null; readonly seed: number },
): FamilyFiles {
  const { header, tensors, sha256 } = modelBytes(trained.file);
  const figures = new Map<string, string>();
  const put = (name: string, value: unknown) =>
    figures.set(figureName(family, name), `${JSON.stringify(value, undefined, 2)}\n`);

  const labels = labelIds(data);
  put("label_map", labels);
  const metrics: Partial<Record<string, SplitMetrics>> = {};
  for (const [split, verdicts] of Object.entries(trained.verdicts)) {
    const own = metricsOf(family, split, verdicts, about.seed);
    metrics[split] = own;
    put(`metrics_${split}`, own);
    put(`report_${split}`, {
      family,
      split,
      overall: reportOf(composite(verdicts), own.overall.labels),
      per_task: Object.fromEntries(
        Object.entries(own.per_task).map(([task, block]) => [
          task,
          reportOf(
            verdicts.filter((one) => one.task === task),
            block.labels,
          ),
        ]),
      ),
    });
  }
  const epoch_stats = epochStats(trained);
  put("epoch_stats", { family, epoch_stats, tasks: epochsByTask(trained) });
  const rows = rowCounts(data);
  put("training_metadata", {
    family,
    trained_at_utc: about.date,
    rows,
    empty_rows: Object.fromEntries(splits.map((split) => [split, data[split]?.empty ?? 0])),
    tasks: trained.tasks.map(({ name }) => name),
    task_label_counts: labelCounts(data),
    labels: Object.keys(labels.label_to_id),
    label_to_id: labels.label_to_id,
    train_config: about.config,
    epoch_stats,
    fits: Object.fromEntries(
      trained.tasks.map(({ name, bestEpoch, temperature, calibrated, naiveBayes }) => [
        name,
        { best_epoch: bestEpoch, temperature, calibrated, naive_bayes: naiveBayes },
      ]),
    ),
    int8_changes: int8Of(trained),
    warnings: trained.warnings,
  });
  return {
    model: { header, tensors },
    tensorsName: tensorsName(family, sha256),
    figures,
    metrics,
    summary: {
      family,
      model_path: headerName(family),
      rows,
      test: metrics["test"]?.overall ?? null,
      eval: metrics["eval"]?.overall ?? null,
      model_sha256: sha256,
      data_sha256: data.train.sha256,
      model_bytes: tensors.length,
      int8_changes: int8Of(trained),
    },
  };
}

const int8Of = ({ int8Changes: { rows, changed } }: TrainedFamily) => ({
  rows,
  changed,
  share: rows === 0 ? 0 : Number((changed / rows).toFixed(6)),
});

/** Lexicographic, over all splits. */
function labelIds(data: FamilyData) {
  const every = splits.flatMap((split) => data[split]?.rows ?? []);
  const names = [...new Set(every.map(({ task, label }) => labelKey(task, label)))].sort();
  return {
    label_to_id: Object.fromEntries(names.map((name, id) => [name, id])),
    id_to_label: Object.fromEntries(names.map((name, id) => [id, name])),
  };
}

function metricsOf(
  family: Family,
  split: string,
  verdicts: readonly TaskVerdict[],
  seed: number,
): SplitMetrics {
  const per_task: Record<string, TaskBlock> = {};
  for (const { name, labels } of tasksOf(family)) {
    const own = verdicts.filter(({ task }) => task === name);
    if (own.length === 0) continue;
    const said = new Set(own.flatMap(({ actual, predicted }) => [actual, predicted]));
    per_task[name] = taskBlockOf(
      own,
      labels.filter((label) => said.has(label)),
      seed,
    );
  }
  const all = Object.entries(per_task).flatMap(([task, { labels }]) =>
    labels.map((label) => labelKey(task, label)),
  );
  return { family, split, overall: blockOf(composite(verdicts), all, seed), per_task };
}

const composite = (verdicts: readonly TaskVerdict[]): readonly TaskVerdict[] =>
  verdicts.map((one) => ({
    ...one,
    actual: labelKey(one.task, one.actual),
    predicted: labelKey(one.task, one.predicted),
  }));

const rowCounts = (data: FamilyData): Record<string, number> =>
  Object.fromEntries(splits.map((split) => [split, data[split]?.rows.length ?? 0]));

/** split -> task -> label -> rows */
const labelCounts = (data: FamilyData) =>
  Object.fromEntries(
    splits.map((split) => {
      const counts: Record<string, Record<string, number>> = {};
      for (const { task, label } of data[split]?.rows ?? []) {
        counts[task] ??= {};
        const own = counts[task];
        own[label] = (own[label] ?? 0) + 1;
      }
      return [split, counts];
    }),
  );

const epochsByTask = ({
  tasks,
}: TrainedFamily): Readonly<Record<string, readonly EpochFigures[]>> =>
  Object.fromEntries(tasks.map(({ name, epochs }) => [name, epochs]));

/** Of the family: means over its tasks. A task that has stopped counts with its last pass. */
function epochStats({ tasks }: TrainedFamily) {
  const longest = Math.max(...tasks.map(({ epochs }) => epochs.length));
  return Array.from({ length: longest }, (_, i) => {
    const current = tasks.flatMap(({ epochs }) => epochs[Math.min(i, epochs.length - 1)] ?? []);
    const mean = (values: readonly number[]): number | null =>
      values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    const of = (key: Exclude<keyof EpochFigures, "epoch">): number | null =>
      mean(current.flatMap((one) => one[key] ?? []));
    return {
      epoch: i + 1,
      train_loss: of("train_loss"),
      train_accuracy: of("train_accuracy"),
      train_macro_f1: of("train_macro_f1"),
      train_weighted_f1: of("train_weighted_f1"),
      held_loss: of("held_loss"),
      held_accuracy: of("held_accuracy"),
      held_macro_f1: of("held_macro_f1"),
    };
  });
}

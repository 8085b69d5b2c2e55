import { type Family, findTask, labelKey, tasksOf } from "../../tasks.ts";
import type { PipelineWith } from "../pipeline/read-pipeline.ts";
import type { PreparedRow, Split } from "../rows.ts";
import { assignSplits, type Places, placesOf } from "./assign-splits.ts";
import { allowsLicense } from "./known-sources.ts";
import type { Gap } from "./llm/backfill.ts";
import type { Journal } from "./llm/journal.ts";
import type { FamilyReport } from "./manifest.ts";
import { readPlaces, writePlaces } from "./places-file.ts";
import { readPrepared, writePrepared } from "./prepared-files.ts";
import { type RowPool, rowPool } from "./row-pool.ts";

interface FamilyJob {
  readonly pipeline: PipelineWith<"paths" | "prepare">;
  /** Leaves the rows of earlier runs out. */
  readonly forceFull: boolean;
  readonly licenseFilter?: string | undefined;
  readonly say: (line: string) => void;
}

/** A family's rows while they are gathered. */
export interface FamilyWork {
  readonly family: Family;
  readonly pool: RowPool;
  readonly sides: Map<PreparedRow, Split>;
  readonly places: Places;
  /** Rows of earlier runs that are left out of this one. */
  readonly dropped: number;
  readonly missingBefore: Readonly<Record<string, number>>;
  readonly needed: boolean;
  readonly journal: Journal;
}

/** What is there of a family, and whether a label lacks rows. */
export async function openFamily(
  job: FamilyJob,
  family: Family,
  journal: Journal,
): Promise<FamilyWork> {
  const { paths, prepare: settings, datasets } = job.pipeline;
  const target = settings.target_per_task_label;
  const pool = rowPool(Math.max(settings.max_per_task_label, target));
  const sides = new Map<PreparedRow, Split>();
  const { rows, warnings } = await readPrepared(paths.prepared_dir, family);
  for (const warning of warnings) job.say(`warning: ${warning}`);
  let dropped = 0;
  const before: Record<Split, PreparedRow[]> = { train: [], test: [], eval: [] };
  for (const { row, split } of rows) {
    before[split].push(row);
    const allowed = allowsLicense(job.licenseFilter, row.license ?? "unknown");
    if (job.forceFull || !allowed) dropped++;
    else if (pool.add(row) === "added") sides.set(row, split);
  }
  const places = placesOf(before, readPlaces(paths.prepared_dir, family));
  for (const row of journal.rows) pool.add(row);
  const missingBefore = Object.fromEntries(
    gapsOf(family, pool, target).map(({ task, label }) => [
      labelKey(task.name, label),
      target - pool.count(task.name, label),
    ]),
  );
  const own = datasets.some(
    ({ enabled, task }) => enabled && task !== undefined && findTask(task)?.family === family,
  );
  const lacks = Object.keys(missingBefore).length > 0 || journal.rows.length > 0;
  const needed = lacks || own || dropped > 0;
  return { family, pool, sides, places, dropped, missingBefore, needed, journal };
}

/** Labels of the family's tasks that have too few rows; of a task that is optional only once it has some. */
export function gapsOf(family: Family, pool: RowPool, target: number): readonly Gap[] {
  return tasksOf(family)
    .filter((task) => !task.optional)
    .flatMap((task) =>
      task.labels
        .filter((label) => pool.count(task.name, label) < target)
        .map((label) => ({ task, label, target })),
    );
}

export async function writeFamily(
  job: FamilyJob,
  { family, pool, sides, places, dropped, missingBefore, needed, journal }: FamilyWork,
  stopped: boolean,
): Promise<FamilyReport> {
  const { paths, prepare: settings } = job.pipeline;
  const shares = {
    ...{ train: settings.train_ratio, test: settings.test_ratio, eval: settings.eval_ratio },
  };
  const { rows, torn } = assignSplits(pool.rows, sides, shares, settings.seed, places);
  const updated = needed && !stopped && pool.rows.length + dropped > 0;
  if (updated) {
    await writePlaces(paths.prepared_dir, family, placesOf(rows, places));
    await writePrepared(paths.prepared_dir, family, rows);
    journal.remove();
  }
  if (torn > 0)
    job.say(`warning: ${family}: ${torn} rows belong to both sides of a split: left out`);
  return { rows, updated, missingBefore, torn };
}

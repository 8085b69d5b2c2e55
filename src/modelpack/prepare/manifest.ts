import { dirname, join, relative } from "node:path";
import { writeAtomic } from "../../files/write-atomic.ts";
import { type Family, families, labelKey, tasksOf } from "../../tasks.ts";
import type { Llm, PipelineWith } from "../pipeline/read-pipeline.ts";
import { type PreparedRow, preparedManifestName, splits } from "../rows.ts";
import type { SplitRows } from "./assign-splits.ts";

/** What became of a data set. */
export interface DatasetReport {
  readonly link: string;
  readonly dataset_id: string;
  readonly required: boolean;
  readonly enabled: boolean;
  readonly loaded: boolean;
  readonly error: string | null;
  readonly target: string;
  /** That it has, and that were taken. */
  readonly rows: number;
  readonly taken: number;
  readonly license?: string;
  readonly revision?: string | undefined;
  /** Why it was not used although it is enabled. */
  readonly skipped?: string;
}

export interface FamilyReport {
  readonly rows: SplitRows;
  readonly updated: boolean;
  readonly missingBefore: Readonly<Record<string, number>>;
  readonly torn: number;
}

export interface Manifest {
  readonly config_path: string;
  readonly pipeline: PipelineWith<"paths" | "prepare" | "synthetic_llm">;
  readonly llm: Llm | undefined;
  readonly datasets: Readonly<Record<string, DatasetReport>>;
  readonly families: Readonly<Record<string, FamilyReport>>;
  readonly forceFull: boolean;
  readonly licenseFilter?: string | undefined;
  readonly skippedAll: boolean;
}

/** Writes manifest.json with the reference's keys; paths are relative to it, so that the folder can be moved. */
export async function writeManifest(manifest: Manifest): Promise<void> {
  const path = join(manifest.pipeline.paths.prepared_dir, preparedManifestName);
  await writeAtomic(path, `${JSON.stringify(contentOf(manifest, dirname(path)), null, 2)}\n`);
}

function contentOf(manifest: Manifest, folder: string) {
  const { pipeline, llm, datasets, families: reports } = manifest;
  const { prepare, synthetic_llm: settings, paths } = pipeline;
  const here = (path: string): string => (path === "" ? "" : relative(folder, path) || ".");
  const each = <T>(of: (report: FamilyReport, family: Family) => T): Record<string, T> =>
    Object.fromEntries(
      families.flatMap((family) => {
        const report = reports[family];
        return report ? [[family, of(report, family)]] : [];
      }),
    );
  return {
    config_path: here(manifest.config_path),
    seed: prepare.seed,
    incremental: {
      mode: "missing_only",
      force_full: manifest.forceFull,
      missing_counts: each(({ missingBefore }) => sum(Object.values(missingBefore))),
      updated: each(({ updated }) => updated),
      ...(manifest.skippedAll && { skipped_all_families: true }),
    },
    paths: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, here(path)])),
    prepare_settings: { ...prepare, llm_temperature: settings.temperature },
    synthetic_llm: {
      ...{ provider: llm?.provider ?? null, model: llm?.model ?? null },
      base_url: llm === undefined ? null : `${llm.endpoint.origin}${llm.endpoint.pathname}`,
      ...{ temperature: settings.temperature, top_p: settings.top_p },
      ...{ batch_size: settings.batch_size, max_tokens: settings.max_tokens },
      max_attempts_per_label: settings.max_attempts_per_label,
      local_raw_scan_rows_per_file: settings.local_raw_scan_rows_per_file,
    },
    ...(manifest.licenseFilter !== undefined && { license_filter: manifest.licenseFilter }),
    datasets,
    ...each((report, family) => familyContent(report, family)),
  };
}

function familyContent({ rows, updated, missingBefore, torn }: FamilyReport, family: Family) {
  const all = splits.flatMap((split) => rows[split]);
  const counted = (of: (row: PreparedRow) => string) => countsOf(all.map(of));
  return {
    rows: all.length,
    task_counts: counted(({ task }) => task),
    task_label_counts: counted(({ task, label }) => labelKey(task, label)),
    source_top_20: Object.fromEntries(Object.entries(counted(({ source }) => source)).slice(0, 20)),
    licenses: counted(({ license }) => license ?? "unknown"),
    splits: Object.fromEntries(splits.map((split) => [split, rows[split].length])),
    tasks: tasksOf(family).map(({ name }) => name),
    ...{ updated, missing_before: missingBefore, torn_rows: torn },
  };
}

/** The most frequent first. */
function countsOf(values: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

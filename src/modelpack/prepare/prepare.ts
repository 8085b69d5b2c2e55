import { join } from "node:path";
import type { Stop } from "../../chat/ask.ts";
import { RouterError } from "../../errors.ts";
import { withLock } from "../../files/lock-file.ts";
import type { HubAccess } from "../../hub/list-files.ts";
import { type Family, families, labelKey } from "../../tasks.ts";
import type { Llm, PipelineWith } from "../pipeline/read-pipeline.ts";
import { type PreparedRow, preparedManifestName } from "../rows.ts";
import { type FamilyWork, gapsOf, openFamily, writeFamily } from "./family-work.ts";
import { allowsLicense } from "./known-sources.ts";
import { backfill, openWriter } from "./llm/backfill.ts";
import { type Journal, openJournal } from "./llm/journal.ts";
import type { Writer } from "./llm/write-label.ts";
import { type DatasetReport, type FamilyReport, type Manifest, writeManifest } from "./manifest.ts";
import type { RowPool } from "./row-pool.ts";
import { addLocalSeeds, type SeedPools, seedPools } from "./seed-pools.ts";
import { takeBootstrap } from "./take-bootstrap.ts";
import { takeSources } from "./take-sources.ts";

export interface PrepareJob {
  readonly configPath: string;
  readonly pipeline: PipelineWith<"paths" | "prepare" | "synthetic_llm">;
  readonly hub: HubAccess;
  /** Undefined: no LLM is asked, and what data sets do not give stays missing. */
  readonly llm: Llm | undefined;
  /** That nobody is asked is wanted; otherwise labels that lack rows in the end without an LLM are an error. */
  readonly noLlm: boolean;
  /** Leaves the rows of earlier runs out. Each row that comes again keeps its side. */
  readonly forceFull: boolean;
  /** A required data set that cannot be had is a warning. */
  readonly allowMissing: boolean;
  readonly licenseFilter?: string | undefined;
  readonly stop: Stop;
  readonly say: (line: string) => void;
  readonly onRow?: ((row: PreparedRow) => void) | undefined;
}

export interface PrepareReport extends Manifest {
  /** Labels that have fewer rows than the target, with why. */
  readonly underfilled: readonly Underfilled[];
  readonly stopped: boolean;
}

export interface Underfilled {
  readonly task: string;
  readonly label: string;
  readonly rows: number;
  readonly target: number;
  readonly why: string;
}

/**
 * Fills each (task, label) up to its target from what is there, from data sets and then from an LLM; divides the rows
 * and writes `{family}_{train,test,eval}` with their manifest. A row that was in a split stays there. Families that
 * lack nothing, or have no rows at all, stay as they are. Rejects with RouterError: `output_in_use`, a required data
 * set's fault, `config_invalid` when an LLM is needed and none is named, `training_data_invalid` for prepared files that
 * cannot be read, `output_unwritable`.
 */
export function prepare(job: PrepareJob): Promise<PrepareReport> {
  const folder = job.pipeline.paths.prepared_dir;
  return withLock(join(folder, preparedManifestName), () => withJournals(job, folder));
}

async function withJournals(job: PrepareJob, folder: string): Promise<PrepareReport> {
  const journals = new Map<Family, Journal>();
  const { llm, stop, pipeline } = job;
  const opened = llm && openWriter(llm, pipeline.synthetic_llm, stop);
  try {
    for (const family of families) {
      journals.set(family, openJournal(join(folder, `${family}_synthetic.jsonl`), family));
    }
    return await filled(job, journals, opened?.writer);
  } finally {
    opened?.close();
    for (const journal of journals.values()) journal.close();
  }
}

async function filled(
  job: PrepareJob,
  journals: ReadonlyMap<Family, Journal>,
  writer: Writer | undefined,
): Promise<PrepareReport> {
  const { pipeline } = job;
  const { paths, prepare: settings } = pipeline;
  const works: FamilyWork[] = [];
  for (const family of families) {
    works.push(await openFamily(job, family, journals.get(family) as Journal));
  }
  const needed = works.filter((work) => work.needed);
  const seeds = seedPools();
  const datasets: Record<string, DatasetReport> =
    needed.length === 0
      ? {}
      : await takeSources({
          ...job,
          pools: new Map(needed.map(({ family, pool }) => [family, pool])),
          target: settings.target_per_task_label,
          wantsSeeds: job.llm !== undefined,
          seeds,
        });
  const takesLocal = allowsLicense(job.licenseFilter, "local");
  if (takesLocal && needed.some(({ family }) => family === "router")) {
    await takeBootstrap(paths.bootstrap_prepared_dir, poolOf(needed, "router"), settings);
  }
  const { why, stopped } = await writeMissing(job, needed, seeds, writer);
  // Stopped in the middle: what the LLM wrote is in the journals, and the next run goes on from there.
  const reports: Record<string, FamilyReport> = {};
  for (const work of works) reports[work.family] = await writeFamily(job, work, stopped);
  const manifest: Manifest = {
    config_path: job.configPath,
    ...{ pipeline, llm: job.llm, datasets, families: reports },
    ...{ forceFull: job.forceFull, licenseFilter: job.licenseFilter },
    skippedAll: needed.length === 0,
  };
  if (!stopped) await writeManifest(manifest);
  const underfilled = needed.flatMap(({ family, pool }) =>
    gapsOf(family, pool, settings.target_per_task_label).map(({ task, label, target }) => ({
      ...{ task: task.name, label, target, rows: pool.count(task.name, label) },
      why: why.get(labelKey(task.name, label)) ?? (stopped ? "stopped" : "no_rows"),
    })),
  );
  return { ...manifest, underfilled, stopped };
}

const poolOf = (works: readonly FamilyWork[], family: Family): RowPool =>
  (works.find((one) => one.family === family) as FamilyWork).pool;

/** Has the LLM write what data sets did not give. `why` says of each label that is not full what kept it. */
async function writeMissing(
  { pipeline, noLlm, stop, say, onRow }: PrepareJob,
  works: readonly FamilyWork[],
  seeds: SeedPools,
  writer: Writer | undefined,
): Promise<{ readonly why: ReadonlyMap<string, string>; readonly stopped: boolean }> {
  const { paths, prepare: settings, synthetic_llm: llm } = pipeline;
  const why = new Map<string, string>();
  const lacking = works
    .map((work) => ({
      ...work,
      gaps: gapsOf(work.family, work.pool, settings.target_per_task_label),
    }))
    .filter(({ gaps }) => gaps.length > 0);
  if (!writer && !noLlm && lacking.length > 0) throw llmMissing(llm);
  if (writer && lacking.length > 0 && paths.datasets_cache_dir !== "") {
    const rows = llm.local_raw_scan_rows_per_file;
    for (const line of await addLocalSeeds(seeds, paths.datasets_cache_dir, rows)) {
      say(`warning: ${line}`);
    }
  }
  for (const { family, gaps, pool, journal } of lacking) {
    if (!writer) {
      for (const { task, label } of gaps) why.set(labelKey(task.name, label), "no_llm");
      continue;
    }
    say(`${family}: ${gaps.length} labels lack rows; asking ${writer.llm.model}`);
    const results = await backfill({
      ...{ writer, gaps, pool, journal, onRow, seeds: seeds.of(family) },
      seed: settings.seed + families.indexOf(family),
    });
    for (const { task, label, result } of results) {
      if (result.ended !== undefined)
        why.set(labelKey(task, label), reason(result.ended, result.rejected));
    }
  }
  return { why, stopped: stop.soon.aborted };
}

const reason = (ended: string, rejected: Readonly<Record<string, number>>): string => {
  const counts = Object.entries(rejected).map(([what, count]) => `${count} ${what}`);
  return counts.length === 0 ? ended : `${ended} (${counts.join(", ")})`;
};

const llmMissing = (settings: { model_env: string; base_url_env: string }): RouterError =>
  new RouterError(
    "config_invalid",
    "labels lack rows that no data set gives, and no LLM is named to write them",
    `Set ${settings.model_env} and ${settings.base_url_env} (or model and base_url in [synthetic_llm]), or give --no-llm`,
  );

import { RouterError } from "../../errors.ts";
import type { HubAccess } from "../../hub/list-files.ts";
import { random } from "../../math/random.ts";
import { type Family, findTask } from "../../tasks.ts";
import type { PipelineWith } from "../pipeline/read-pipeline.ts";
import type { DatasetSettings } from "../pipeline/settings.ts";
import { cleaned, cleanText, maxTextLength, type PreparedRow, textsOf } from "../rows.ts";
import { allowsLicense, idOf, knownSource } from "./known-sources.ts";
import { type Labelled, labelRule } from "./label-rules.ts";
import { loadSource, type Source } from "./load-source.ts";
import type { DatasetReport } from "./manifest.ts";
import { hashed, type RowPool } from "./row-pool.ts";
import { rowsForSeeds, type SeedPools } from "./seed-pools.ts";

export interface SourcesJob {
  readonly pipeline: PipelineWith<"paths" | "prepare">;
  readonly hub: HubAccess;
  /** Of the families that lack rows. */
  readonly pools: ReadonlyMap<Family, RowPool>;
  /** Rows of a label that are wanted. */
  readonly target: number;
  readonly wantsSeeds: boolean;
  readonly seeds: SeedPools;
  readonly allowMissing: boolean;
  readonly licenseFilter?: string | undefined;
  readonly say: (line: string) => void;
}

/**
 * Reads the data sets that a family needs, adds their labelled rows to its pool until each label has its target, and
 * their texts to the seeds. Rejects with the RouterError of a required data set that cannot be had; of another it is
 * told in the report.
 */
export async function takeSources(job: SourcesJob): Promise<Record<string, DatasetReport>> {
  const { datasets, paths, prepare } = job.pipeline;
  const { datasets_cache_dir: cacheFolder } = paths;
  const hub: HubAccess = {
    ...job.hub,
    settings: { ...job.hub.settings, ...(cacheFolder !== "" && { cacheFolder }) },
  };
  const reports: Record<string, DatasetReport> = {};
  // What is wrong in the file is told before anything is fetched.
  const rules = new Map(datasets.map((one) => [one.name, labelRule(one)]));
  for (const [at, settings] of datasets.entries()) {
    const { name, target, required, enabled } = settings;
    const report = reportOf(settings);
    reports[name] = report;
    const rule = rules.get(name);
    const family =
      settings.task === undefined ? target : (findTask(settings.task)?.family ?? target);
    const wanted =
      family === "seed" ? job.wantsSeeds : job.pools.has(family) && (rule || job.wantsSeeds);
    if (!enabled || !wanted) continue;
    const told = settings.license ?? knownSource(settings)?.license;
    if (told !== undefined && !allowsLicense(job.licenseFilter, told)) {
      reports[name] = { ...report, skipped: `license ${told}` };
      continue;
    }
    job.say(`reading ${name}`);
    let source: Source;
    try {
      source = await loadSource(settings, hub, {
        maxRows: Math.min(
          settings.max_rows ?? prepare.max_rows_per_source,
          prepare.max_rows_per_source,
        ),
        maxBytes: prepare.max_source_mb * 2 ** 20,
        seed: prepare.seed + at,
      });
    } catch (thrown) {
      if (!(thrown instanceof RouterError) || (required && !job.allowMissing)) throw thrown;
      reports[name] = { ...report, error: thrown.message };
      job.say(`warning: data set ${name} is left out: ${thrown.message}`);
      continue;
    }
    const { license } = source;
    const read = {
      ...report,
      loaded: true,
      license,
      revision: source.revision,
      rows: source.total,
    };
    if (!allowsLicense(job.licenseFilter, license)) {
      reports[name] = { ...read, skipped: `license ${license}` };
      continue;
    }
    const pool = family === "seed" ? undefined : job.pools.get(family);
    const taken = pool && rule ? take(pool, rule, source, settings, job.target) : 0;
    reports[name] = { ...read, taken };
    if (!job.wantsSeeds) continue;
    for (const row of rowsForSeeds(source.rows, random(prepare.seed + at)))
      job.seeds.add(target, row);
  }
  return reports;
}

const reportOf = (settings: DatasetSettings): DatasetReport => ({
  link: settings.link,
  dataset_id: idOf(settings),
  required: settings.required,
  enabled: settings.enabled,
  loaded: false,
  error: null,
  target: settings.target,
  rows: 0,
  taken: 0,
});

/** How many rows the pool took. */
function take(
  pool: RowPool,
  rule: (row: Source["rows"][number]) => readonly Labelled[],
  source: Source,
  { kind, name }: DatasetSettings,
  target: number,
): number {
  let taken = 0;
  for (const row of source.rows) {
    for (const one of rule(row)) {
      if (pool.count(one.task, one.label) >= target) continue;
      const prepared = preparedOf(
        one,
        `${kind === "local" ? "local" : "hf"}:${name}`,
        source.license,
      );
      if (!textsOf(prepared).includes("") && pool.add(prepared) === "added") taken++;
    }
  }
  return taken;
}

function preparedOf(
  { texts, task, label, group }: Labelled,
  source: string,
  license: string,
): PreparedRow {
  const [a, b] = texts;
  const most = b === undefined ? maxTextLength.single : maxTextLength.pair;
  const common = {
    ...{ task, label, source, license },
    // As rows' own texts are told apart, so that a group that is a text meets its row.
    ...(group !== undefined && { group: hashed(cleanText(group, most).toLowerCase()) }),
  };
  return cleaned(b === undefined ? { text: a, ...common } : { text_a: a, text_b: b, ...common });
}

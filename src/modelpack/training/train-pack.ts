import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { RouterError } from "../../errors.ts";
import { withLock } from "../../files/lock-file.ts";
import { readBounded } from "../../files/read-bounded.ts";
import { writeAtomic } from "../../files/write-atomic.ts";
import { type Family, families } from "../../tasks.ts";
import { preparedFileName } from "../rows.ts";
import { type FamilySummary, familyFiles, type SplitMetrics } from "./family-files.ts";
import type { EpochFigures } from "./fit-task.ts";
import { readSplit } from "./read-rows.ts";
import type { TrainSettings } from "./settings.ts";
import { type FamilyData, type TrainedFamily, trainFamily } from "./train-family.ts";
import { writeFamily } from "./write-family.ts";

export interface TrainPackOptions {
  readonly families: readonly Family[];
  readonly preparedDir: string;
  readonly outputDir: string;
  readonly settings: TrainSettings;
  readonly configPath: string | null;
  /** Stored; null lets the same rows and seed give the same bytes. */
  readonly date: string | null;
  /** What writes the models: name and version. */
  readonly tool: string;
  readonly onEpoch: (family: Family, task: string, epoch: EpochFigures) => void;
  readonly onFamily: (summary: FamilySummary, warnings: readonly string[]) => void;
}

const manifestName = "manifest.json";
const reportName = "report.html";

/**
 * Trains one family after the other, and writes each as soon as it is done: models, figures, `manifest.json`, which keeps
 * what it says of families of earlier runs, and `report.html`. Rejects with RouterError `training_data_invalid` for rows
 * that cannot be used and for a family without rows, `output_unwritable`.
 * Also `output_in_use` while another run writes there.
 */
export function trainPack(options: TrainPackOptions): Promise<readonly FamilySummary[]> {
  return withLock(join(options.outputDir, manifestName), () => trainLocked(options));
}

async function trainLocked(options: TrainPackOptions): Promise<readonly FamilySummary[]> {
  const { preparedDir, outputDir, settings, date } = options;
  const config = { ...settings, families: options.families };
  const done: {
    readonly summary: FamilySummary;
    readonly trained: TrainedFamily;
    readonly metrics: SplitMetrics | undefined;
  }[] = [];
  for (const family of families.filter((one) => options.families.includes(one))) {
    const { data, warnings } = await readFamily(preparedDir, family);
    const trained = trainFamily(family, data, settings, {
      tool: options.tool,
      onEpoch: (task, epoch) => options.onEpoch(family, task, epoch),
    });
    const files = familyFiles(family, data, trained, {
      config,
      date,
      seed: settings.seed,
    });
    await writeFamily(outputDir, family, files);
    const { summary, metrics } = files;
    done.push({ summary, trained, metrics: metrics["test"] });
    await writeManifest(
      options,
      done.map((one) => one.summary),
    );
    options.onFamily(summary, [...warnings, ...trained.warnings]);
  }
  // The library that draws takes a tenth of a second to load, which only a report is worth.
  const { packReport } = await import("./report-html.ts");
  const reports = done.map(({ summary, ...rest }) => ({ ...summary, ...rest }));
  await writeAtomic(join(outputDir, reportName), packReport(reports));
  return done.map(({ summary }) => summary);
}

async function readFamily(
  folder: string,
  family: Family,
): Promise<{ readonly data: FamilyData; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const [train, test, evaluation] = await Promise.all([
    readSplit(folder, family, "train"),
    readSplit(folder, family, "test"),
    readSplit(folder, family, "eval"),
  ]);
  if (!train) {
    throw new RouterError(
      "training_data_invalid",
      `${join(folder, preparedFileName(family, "train"))} does not exist`,
      `Prepare it with signalbox modelpack prepare, or leave ${family} out of --families`,
    );
  }
  for (const [split, rows] of [
    ["train", train],
    ["test", test],
    ["eval", evaluation],
  ] as const) {
    if (!rows) warnings.push(`${family}: no ${split} rows, so no figures of them`);
    else if (rows.empty > 0) {
      warnings.push(`${family}: ${rows.empty} ${split} rows have no text and are left out`);
    }
  }
  return { data: { train, test, eval: evaluation }, warnings };
}

async function writeManifest(
  { outputDir, preparedDir, settings, configPath, date, families: named }: TrainPackOptions,
  summaries: readonly FamilySummary[],
): Promise<void> {
  const earlier = earlierFamilies(join(outputDir, manifestName));
  const own = Object.fromEntries(summaries.map((one) => [one.family, one]));
  const manifest = {
    config_path: configPath === null ? null : relative(outputDir, configPath),
    trained_at_utc: date,
    paths: { prepared_dir: relative(outputDir, preparedDir), trained_models_dir: "." },
    train_settings: { ...settings, families: named },
    families: { ...earlier, ...own },
  };
  await writeAtomic(join(outputDir, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Of a manifest that was written before; nothing of one that cannot be read, which is replaced. */
function earlierFamilies(path: string): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  try {
    const text = readBounded(path, maxManifestBytes, {
      unreadable: { code: "training_data_invalid", remedy: "Remove it" },
      tooLarge: { code: "training_data_invalid", remedy: "Remove it" },
    }).toString("utf8");
    const { families: known } = JSON.parse(text) as { families?: unknown };
    return typeof known === "object" && known !== null
      ? Object.fromEntries(
          Object.entries(known).filter(([name]) => families.some((one) => one === name)),
        )
      : {};
  } catch {
    return {};
  }
}

const maxManifestBytes = 16 * 1024 ** 2;

import type { Command } from "commander";
import { defaultPatience } from "../hub/retry.ts";
import { hubSettings } from "../hub/settings.ts";
import { llmOf, readPipeline, withDotEnv } from "../modelpack/pipeline/read-pipeline.ts";
import { type PrepareReport, prepare } from "../modelpack/prepare/prepare.ts";
import { splits } from "../modelpack/rows.ts";
import { atLeast0, integer, whole } from "./number-options.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

interface Options {
  readonly config: string;
  readonly seed?: number;
  readonly maxRowsPerSource?: number;
  readonly targetPerTaskLabel?: number;
  readonly maxPerTaskLabel?: number;
  readonly llmTemperature?: number;
  readonly disableDownload?: boolean;
  readonly allowMissingDatasetsPackage?: boolean;
  readonly forceFull?: boolean;
  readonly llm: boolean;
  readonly licenseFilter?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const gateSaidNo = 1;
const couldNotRun = 2;

export function registerPrepare(modelpack: Command): void {
  modelpack
    .command("prepare")
    .description("Gather labelled texts from data sets and an LLM, and divide them for training")
    .option("--config <file>", "the pipeline's settings", "model_pipeline.toml")
    .option("--seed <number>", "for samples, splits and seeds of the LLM", integer)
    .option("--max-rows-per-source <number>", "rows of one data set", whole)
    .option("--target-per-task-label <number>", "rows that each label is to have", whole)
    .option("--max-per-task-label <number>", "rows of a label that are kept", whole)
    .option("--llm-temperature <number>", "of the LLM that writes rows", atLeast0)
    .option("--disable-download", "use what an earlier run fetched, no connection")
    .option("--allow-missing-datasets-package", "a required data set that fails is a warning")
    .option("--force-full", "leave out the rows of earlier runs; what comes again keeps its split")
    .option("--no-llm", "what data sets do not give stays missing")
    .option("--license-filter <names>", "only these: commercial, or mit,apache-2.0,cc-by-*")
    .option("--strict", "exit 1 when a label has fewer rows than its target")
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { pipeline, env } = settingsOf(options);
  const { stop, release } = stopOnSignal(() => say("stopping: requests under way may end"));
  let written = 0;
  try {
    const hub = hubSettings(env);
    const offline =
      hub.offline || options.disableDownload === true || !pipeline.prepare.auto_download_missing;
    const report = await prepare({
      configPath: options.config,
      pipeline,
      hub: {
        settings: { ...hub, offline },
        patience: defaultPatience,
        signal: stop.soon,
      },
      llm: options.llm ? llmOf(pipeline.synthetic_llm, env) : undefined,
      noLlm: !options.llm,
      forceFull: options.forceFull === true,
      allowMissing:
        options.allowMissingDatasetsPackage === true || !pipeline.prepare.require_datasets_package,
      licenseFilter: options.licenseFilter,
      stop,
      say,
      onRow: () => {
        if (++written % 100 === 0) say(`${written} rows written by the LLM`);
      },
    });
    conclude(report, written, options);
  } finally {
    release();
  }
}

function settingsOf(options: Options) {
  const read = readPipeline(options.config, ["paths", "prepare", "synthetic_llm"]);
  const { seed, maxRowsPerSource, targetPerTaskLabel, maxPerTaskLabel, llmTemperature } = options;
  const prepare = {
    ...read.prepare,
    ...(seed !== undefined && { seed }),
    ...(maxRowsPerSource !== undefined && { max_rows_per_source: maxRowsPerSource }),
    ...(targetPerTaskLabel !== undefined && { target_per_task_label: targetPerTaskLabel }),
    ...(maxPerTaskLabel !== undefined && { max_per_task_label: maxPerTaskLabel }),
  };
  const synthetic_llm = {
    ...read.synthetic_llm,
    ...(llmTemperature !== undefined && { temperature: llmTemperature }),
  };
  return {
    pipeline: { ...read, prepare, synthetic_llm },
    env: withDotEnv(options.config, process.env),
  };
}

function conclude(
  { families, underfilled, stopped, datasets }: PrepareReport,
  written: number,
  { json, strict }: Options,
): void {
  const counts = Object.entries(families).map(([family, { rows, updated }]) => ({
    family,
    updated,
    ...Object.fromEntries(splits.map((split) => [split, rows[split].length])),
  }));
  process.exitCode = stopped ? couldNotRun : strict && underfilled.length > 0 ? gateSaidNo : 0;
  if (json) {
    const result = { families: counts, datasets, written_by_llm: written, underfilled, stopped };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else {
    for (const { family, updated, ...rows } of counts) {
      const parts = Object.entries(rows).map(([split, count]) => `${count} ${split}`);
      const state = updated ? "" : stopped ? "  not written" : "  unchanged";
      process.stdout.write(`${family.padEnd(10)} ${parts.join(", ")}${state}\n`);
    }
  }
  const shown = underfilled.slice(0, mostShown);
  for (const { task, label, rows, target, why } of shown) {
    say(`${task}::${label} has ${rows} of ${target} rows: ${why}`);
  }
  if (underfilled.length > mostShown) say(`and ${underfilled.length - mostShown} labels more`);
  if (stopped) say("Stopped: what the LLM wrote is kept; run the same command again to continue");
}

const mostShown = 20;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

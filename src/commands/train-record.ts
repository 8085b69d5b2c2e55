import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { EmbedderIdentity } from "../embed/embedder.ts";
import { sha256OfFile } from "../files/sha256-file.ts";
import type { Fitted } from "../train/fit-selectors.ts";
import type { ReadExamples } from "../train/read-examples.ts";
import type { RunRecord } from "../train/run-record.ts";
import type { HoldOut } from "../train/split.ts";
import type { Statistics } from "../train/statistics.ts";
import { beatsTable } from "../train/training-report.ts";
import type { TrainOptions } from "./train.ts";

export interface FinishedRun {
  readonly options: TrainOptions;
  readonly dataFile: string;
  readonly sha256: string;
  readonly read: ReadExamples;
  readonly statistics: Statistics;
  readonly holdOut: HoldOut | undefined;
  readonly embedder: EmbedderIdentity;
  readonly selectors: readonly Fitted[];
  readonly files: readonly { readonly path: string }[];
}

/** What stands in training.json: no path of this machine, no query, and nothing that differs from run to run. */
export async function recordOf(run: FinishedRun): Promise<RunRecord> {
  const { options, read, holdOut, embedder } = run;
  const {
    dataFile: _,
    outputDir: __,
    cacheDir: ___,
    config,
    json: ____,
    date,
    ...chosen
  } = options;
  return {
    format: 1,
    ...(date !== undefined && { date }),
    data: {
      file: basename(run.dataFile),
      sha256: run.sha256,
      records: read.records,
      queries: read.examples.queries.length,
      queries_seen: read.queriesSeen,
      skipped: read.skipped,
    },
    ...(holdOut && { hold_out: { ...holdOut, queries: read.heldOut } }),
    options: {
      ...chosen,
      embeddingModel: basename(chosen.embeddingModel),
      ...(config !== undefined && { config: basename(config) }),
    },
    embedder: { name: embedder.name, revision: embedder.revision },
    versions: versions(),
    selectors: await Promise.all(
      run.selectors.map(async ({ artifact: { algorithm }, settings, figures, tried }) => {
        const own = run.files.filter(({ path }) => basename(path).startsWith(`${algorithm}_`));
        const beats = figures && beatsTable(figures);
        return {
          algorithm,
          files: await Promise.all(
            own.map(async ({ path }) => ({
              file: basename(path),
              sha256: await sha256OfFile(path),
            })),
          ),
          settings,
          ...(figures && { cross_validation: figures }),
          ...(beats !== undefined && { beats_category_table: beats }),
          tried,
        };
      }),
    ),
    statistics: run.statistics,
  };
}

function versions(): Readonly<Record<string, string>> {
  const own = new URL("../../package.json", import.meta.url);
  const { version, dependencies } = JSON.parse(readFileSync(own, "utf8"));
  const runtime = dependencies["onnxruntime-node"];
  return { signalbox: version, node: process.versions.node, "onnxruntime-node": runtime };
}

import type { Command } from "commander";
import { mergeShards } from "../merge/merge-shards.ts";
import { whole } from "./number-options.ts";

interface Options {
  readonly output: string;
  readonly input?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("merge")
    .description("Join what the shards of a label or benchmark job wrote, each shard once")
    .argument("<shard...>", "the files, in any order")
    .requiredOption("--output <file>", "all their records")
    .option("--input <file>", "what the shards were made from: the output is as of one run over it")
    .option("--limit <number>", "with --input: as many queries of it as the job took", whole)
    .option("--json", "one JSON object on stdout")
    .action(run);
}

async function run(
  paths: readonly string[],
  { output, input, limit, json }: Options,
): Promise<void> {
  const report = await mergeShards({ paths, output, input, limit });
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...report, output })}\n`);
    return;
  }
  for (const { path, shard, rows } of report.shards)
    process.stdout.write(`${shard}  ${rows} records  ${path}\n`);
  const { rows, duplicates } = report;
  process.stdout.write(`${output}  ${rows} records, of which ${duplicates} repeat another\n`);
}

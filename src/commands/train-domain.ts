import type { Command } from "commander";
import { defaultEmbedderFolder } from "../embed/built-in.ts";
import { openEmbedder } from "../embed/worker-embedder.ts";
import { trainDomain } from "../train/domain/train-domain.ts";

interface Options {
  readonly data: string;
  readonly training: string;
  readonly out: string;
  readonly embedder: string;
  readonly seed: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("train-domain")
    .description("Train the 14-domain classifier on an embedder, and report what it can do")
    .option("--data <folder>", "public question sets", "../shared/data")
    .option("--training <folder>", "chat queries and glossaries", "models/default/training")
    .option("--out <folder>", "where the head and its report go", "models/default/domain")
    .option("--embedder <folder>", "embedder to train for", defaultEmbedderFolder)
    .option("--seed <number>", "the same seed writes the same bytes", "1")
    .option("--json", "the report as JSON on stdout")
    .action(run);
}

async function run({ embedder: folder, seed, json, ...folders }: Options): Promise<void> {
  const started = performance.now();
  const embedder = await openEmbedder({ folder, maxWaiting: 1024, cacheEntries: 1 });
  const log = (line: string): void => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`);
  };
  try {
    const report = await trainDomain(embedder, { ...folders, seed: Number(seed), log });
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    for (const [name, { n, accuracy }] of Object.entries(report.test)) {
      log(`${name} test: ${(accuracy * 100).toFixed(1)} % of ${n}`);
    }
    log(`${folders.out}/report.md says more`);
  } finally {
    await embedder.close();
  }
}

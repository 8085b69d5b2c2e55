#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=1048576 node --max-semi-space-size=4
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { register as registerBenchmark } from "./commands/benchmark.ts";
import { register as registerCheck } from "./commands/check.ts";
import { register as registerDownload } from "./commands/download.ts";
import { register as registerEmbed } from "./commands/embed.ts";
import { register as registerExplain } from "./commands/explain.ts";
import { register as registerLabel } from "./commands/label.ts";
import { register as registerMerge } from "./commands/merge.ts";
import { register as registerServe } from "./commands/serve.ts";
import { register as registerTrain } from "./commands/train.ts";
import { register as registerTrainDomain } from "./commands/train-domain.ts";
import { register as registerUpload } from "./commands/upload.ts";
import { register as registerValidate } from "./commands/validate.ts";
import { RouterError } from "./errors.ts";

/** Exit codes of every command: 0 done, 1 a gate or check said no, 2 could not run. */
const couldNotRun = 2;

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const program = new Command("signalbox")
  .description("Routes LLM requests to the model that answers them best")
  .version(version)
  .exitOverride()
  .showHelpAfterError("(signalbox --help lists the commands and their options)");
for (const register of [
  registerServe,
  registerExplain,
  registerEmbed,
  registerCheck,
  registerBenchmark,
  registerTrain,
  registerTrainDomain,
  registerValidate,
  registerDownload,
  registerLabel,
  registerMerge,
  registerUpload,
]) {
  register(program);
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : couldNotRun;
  // A user's error is its message; a bug is its stack.
  const text = error instanceof RouterError ? error.message : (error as Error).stack;
  process.stderr.write(`signalbox: ${text}\n`);
  return couldNotRun;
}

#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=1048576 node --max-semi-space-size=4
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { RouterError } from "./errors.ts";

/** Exit codes of every command: 0 done, 1 a gate or check said no, 2 could not run. */
const couldNotRun = 2;

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const program = new Command("signalbox")
  .description("Routes LLM requests to the model that answers them best")
  .version(version)
  .exitOverride()
  .showHelpAfterError("(signalbox --help lists the commands and their options)");

/** In the order of --help. */
const commands: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  serve: () => import("./commands/serve.ts"),
  health: () => import("./commands/health.ts"),
  explain: () => import("./commands/explain.ts"),
  embed: () => import("./commands/embed.ts"),
  check: () => import("./commands/check.ts"),
  doctor: () => import("./commands/doctor.ts"),
  benchmark: () => import("./commands/benchmark.ts"),
  train: () => import("./commands/train.ts"),
  "train-domain": () => import("./commands/train-domain.ts"),
  validate: () => import("./commands/validate.ts"),
  download: () => import("./commands/download.ts"),
  label: () => import("./commands/label.ts"),
  merge: () => import("./commands/merge.ts"),
  upload: () => import("./commands/upload.ts"),
  modelpack: () => import("./commands/modelpack.ts"),
};
// As process 1 of a container a signal that nobody handles is lost. What a command does about it itself comes first.
if (process.pid === 1) {
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    process.on(signal, () => process.listenerCount(signal) > 1 || process.exit(128 + number));
  }
}

// A command that is named is the only one that is read: a server needs neither plots nor trainers in its memory.
// `download --else-train` runs `train`.
const [, , asked = ""] = process.argv;
const named = Object.keys(commands).filter(
  (name) => name === asked || (asked === "download" && name === "train"),
);
for (const name of named.length > 0 ? named : Object.keys(commands)) {
  (await commands[name]?.())?.register(program);
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

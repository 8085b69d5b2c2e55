import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { signalboxCommand } from "./start-signalbox.ts";

const limitMs = 120_000;
const maxOutputBytes = 16 * 1024 * 1024;

/** Runs one command of signalbox to its end; gives its standard output. Rejects with its standard error. */
export async function runSignalbox(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(signalboxCommand, args, {
    env: { ...process.env, ...env },
    timeout: limitMs,
    maxBuffer: maxOutputBytes,
  });
  return stdout;
}

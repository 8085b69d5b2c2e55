import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { packageRoot } from "../../config/paths.ts";
import type { Ended } from "./run-cli.ts";

/** A line of the documentation, run in `folder`, with `signalbox` on the PATH and no hub but the one of `env`. */
export function runSh(
  line: string,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const bin = join(folder, ".bin");
  mkdirSync(bin, { recursive: true });
  const link = join(bin, "signalbox");
  try {
    symlinkSync(join(packageRoot, "bin/signalbox"), link);
  } catch {
    // There already.
  }
  const path = [bin, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const all = { HF_HUB_OFFLINE: "1", HF_HOME: folder, ...env, PATH: path };
  return new Promise((resolve) => {
    const options = { cwd: folder, env: all, timeout: 60_000 };
    execFile("sh", ["-c", line], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
  });
}

/** The commands in a page's `sh` blocks. */
export const commandsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) =>
    block.trim().split("\n"),
  );

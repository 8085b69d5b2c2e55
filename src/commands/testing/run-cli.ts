import { execFile } from "node:child_process";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../../cli.ts");

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command as a user runs it, with nothing of this process's environment but `env`; offline without it. */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = { HF_HUB_OFFLINE: "1", HF_HOME: "/nowhere" },
  input = "",
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: "", ...env }, timeout: 60_000 };
    const child = execFile(process.execPath, [cli, ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
    });
    child.stdin?.end(input);
  });
}

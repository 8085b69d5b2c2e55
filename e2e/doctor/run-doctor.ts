import { execFile } from "node:child_process";
import type { Finding } from "../../src/doctor/findings.ts";
import { signalboxCommand } from "../start-signalbox.ts";

export interface Diagnosis {
  readonly code: number;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  readonly err: string;
}

/** `signalbox doctor --json` as a user runs it. */
export function runDoctor(args: readonly string[], input = ""): Promise<Diagnosis> {
  return new Promise((resolve) => {
    const child = execFile(
      signalboxCommand,
      ["doctor", "--json", ...args],
      { timeout: 60_000, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        const { healthy = false, findings = [] } = stdout ? JSON.parse(stdout) : {};
        const code = typeof error?.code === "number" ? error.code : 0;
        resolve({ code, healthy, findings, err: stderr });
      },
    );
    child.stdin?.end(input);
  });
}

/** What is only for information left out. */
export const problemIds = ({ findings }: Diagnosis): readonly string[] =>
  findings.filter(({ severity }) => severity !== "info").map(({ id }) => id);

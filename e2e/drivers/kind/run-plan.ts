import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, type Step } from "./plan.ts";

export interface Runner {
  /** Paths of the programs that are not on PATH by their own name. */
  readonly programs: Readonly<Record<string, string>>;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Between attempts; the default is 5 s. */
  readonly pauseMs?: number;
  /** For people. */
  say(line: string): void;
}

const keptChars = 4_000;

/** Runs the steps in their order. Rejects at the first that fails, with its last words. */
export async function runPlan(steps: readonly Step[], runner: Runner): Promise<void> {
  for (const step of steps) {
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      const failure = await runStep(step, runner);
      if (failure === undefined) break;
      if (attempt >= (step.attempts ?? 1)) {
        throw new Error(`${step.name} failed: ${commandLine(step)}\n${failure}`);
      }
      await sleep(runner.pauseMs ?? 5_000);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    runner.say(`${step.name} (${seconds} s)`);
  }
}

/** Its last words, when it failed. */
export async function runStep(step: Step, runner: Runner): Promise<string | undefined> {
  const { failed, output } = await outputOf(step, runner);
  return failed ? output.slice(-keptChars) : undefined;
}

/** All that it printed. */
export function outputOf(
  { program, args }: Step,
  { programs, root, env }: Runner,
): Promise<{ failed: boolean; output: string }> {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((done) => {
    execFile(programs[program] ?? program, args, options, (error, stdout, stderr) => {
      const why = error && stderr === "" ? error.message : "";
      done({ failed: error !== null, output: `${stdout}${stderr}${why}` });
    });
  });
}

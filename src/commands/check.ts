import { dirname } from "node:path";
import type { Command } from "commander";
import type { Environment } from "../config/environment.ts";
import { inspectConfig } from "../config/inspect.ts";
import { readConfigText } from "../config/load.ts";
import { locator } from "../config/locate.ts";
import { type LocatedProblem, problemText } from "../config/problem.ts";
import { missingFiles } from "../config/referenced-files.ts";
import type { RouterConfig } from "../config/schema.ts";
import { summaryOf } from "../config/summary.ts";
import { RouterError } from "../errors.ts";

export interface CheckOptions {
  /** Loads what the configuration names, and lets go of it. Gives warnings; rejects with a RouterError. */
  readonly open?: (config: RouterConfig) => Promise<readonly string[]>;
  /** Both take a line without its end. */
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Environment;
  readonly cwd?: string;
  readonly json?: boolean;
}

interface Verdict {
  readonly config?: RouterConfig | undefined;
  readonly problems: readonly LocatedProblem[];
  readonly warnings: readonly LocatedProblem[];
}

export function register(program: Command): void {
  program
    .command("check")
    .description("Say everything that is wrong with a configuration and with the files it names")
    .argument("<config>", "configuration file")
    .option("--json", "one JSON object")
    .action(async (path: string, { json = false }: { json?: boolean }) => {
      process.exitCode = await check(path, {
        open: (config) => openAndClose(config, path),
        out: (line) => process.stdout.write(`${line}\n`),
        err: (line) => process.stderr.write(`${line}\n`),
        env: process.env,
        json,
      });
    });
}

async function openAndClose(config: RouterConfig, path: string): Promise<readonly string[]> {
  // Loaded late: a configuration that is wrong is refused before the embedder's runtime is even read.
  const { openRouter } = await import("../open-router.ts");
  const places = { configFolder: dirname(path), cwd: process.cwd() };
  const unavailable: string[] = [];
  const { router, warnings } = await openRouter(config, places, (part, { reason }) => {
    unavailable.push(`the ${part.replace("_", " ")} cannot be used at the moment: ${reason}`);
  });
  await router.embedder.close();
  return [...warnings, ...unavailable];
}

/** The exit code: 0 fine, 1 there are problems, 2 the file cannot be read. */
export async function check(path: string, options: CheckOptions): Promise<number> {
  let verdict: Verdict;
  try {
    verdict = await judge(path, readConfigText(path), options);
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown;
    if (thrown.code === "config_not_found") {
      options.err(`signalbox: ${thrown.message}`);
      return 2;
    }
    verdict = { problems: [problemOf(thrown)], warnings: [] };
  }
  const report = options.json ? reportAsJson : reportAsText;
  report(path, verdict, options);
  return verdict.config ? 0 : 1;
}

async function judge(
  path: string,
  text: string,
  { open, env, cwd = process.cwd() }: CheckOptions,
): Promise<Verdict> {
  const { config, problems, warnings } = inspectConfig(text, env);
  if (!config) return { problems, warnings };
  const missing = missingFiles(config, { configFolder: dirname(path), cwd });
  const located = locator(text);
  const doubts = [...warnings, ...located(missing.warnings)];
  if (missing.problems.length > 0) return { problems: located(missing.problems), warnings: doubts };
  try {
    const opened = (await open?.(config)) ?? [];
    return {
      config,
      problems: [],
      warnings: [...doubts, ...opened.map((message) => ({ path: "", message }))],
    };
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown;
    return { problems: [problemOf(thrown)], warnings: doubts };
  }
}

const problemOf = ({ code, detail, remedy }: RouterError): LocatedProblem => ({
  path: "",
  message: `[${code}] ${detail}. ${remedy}`,
});

function reportAsText(
  path: string,
  { config, problems, warnings }: Verdict,
  { out, err }: CheckOptions,
): void {
  for (const warning of warnings) err(`warning: ${problemText(warning, path)}`);
  for (const problem of problems) err(problemText(problem, path));
  if (!config) {
    err(`${path} is not valid: ${counted(problems.length, "problem")}`);
    return;
  }
  const { embedder, default_model, models, decisions } = summaryOf(config);
  const width = Math.max(0, ...decisions.map(({ name }) => name.length));
  out(`${path} is valid`);
  out(`embedder       ${embedder}`);
  out(`default model  ${default_model}`);
  out(`models         ${models.length}`);
  out(`decisions      ${decisions.length}`);
  for (const decision of decisions) {
    const { name, algorithm } = decision;
    out(`  ${name.padEnd(width)}  ${algorithm.padEnd(6)}  ${counted(decision.models, "model")}`);
  }
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

function reportAsJson(
  path: string,
  { config, problems, warnings }: Verdict,
  io: CheckOptions,
): void {
  const summary = config && summaryOf(config);
  io.out(JSON.stringify({ path, valid: config !== undefined, problems, warnings, ...summary }));
}

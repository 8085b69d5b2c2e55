import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";
import type { Environment } from "./environment.ts";
import { inspectConfig } from "./inspect.ts";
import { problemText } from "./problem.ts";
import type { RouterConfig } from "./schema.ts";

/** A configuration for hundreds of models has tens of kilobytes. */
const maxConfigBytes = 1024 * 1024;

/** Of a file with more problems than this, the first already tell what it is. */
const maxListed = 100;

export interface LoadedConfig {
  readonly config: RouterConfig;
  /** For the log: what was ignored, what is doubtful. */
  readonly warnings: readonly string[];
}

/** Throws RouterError `config_not_found`, or `config_invalid` with every problem of the file in its detail. */
export const loadConfig = (path: string, env: Environment): LoadedConfig =>
  parseConfig(readConfigText(path), env, path);

/** As `loadConfig`, from a text; `sourceName` stands for the file in messages. */
export function parseConfig(text: string, env: Environment, sourceName: string): LoadedConfig {
  const { config, problems, warnings } = inspectConfig(text, env);
  if (config) return { config, warnings: warnings.map((one) => problemText(one, sourceName)) };
  const lines = problems.slice(0, maxListed).map((problem) => problemText(problem, sourceName));
  const more = problems.length > maxListed ? [`and ${problems.length - maxListed} more`] : [];
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new RouterError(
    "config_invalid",
    [`${sourceName} has ${count}`, ...lines, ...more].join("\n"),
    `Correct ${sourceName}; signalbox check shows whether it is right`,
  );
}

export function readConfigText(path: string): string {
  const bytes = readBounded(path, maxConfigBytes, {
    unreadable: {
      code: "config_not_found",
      remedy: "Name a configuration file, such as config/default.yaml",
    },
    tooLarge: { code: "config_invalid", remedy: "Name the configuration, not a data file" },
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RouterError("config_invalid", `${path} is not UTF-8 text`, "Save it as UTF-8");
  }
}

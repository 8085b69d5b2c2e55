import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { parse, TomlError } from "smol-toml";
import { RouterError } from "../../errors.ts";
import { readBounded } from "../../files/read-bounded.ts";
import { type LlmSettings, type PathSettings, Pipeline } from "./settings.ts";

const maxFileBytes = 1024 ** 2;

type Section = "paths" | "prepare" | "train" | "synthetic_llm";

/** A pipeline file with the sections that were asked for; its paths are absolute. */
export type PipelineWith<Needed extends Section> = Pipeline & {
  readonly [section in Needed]: NonNullable<Pipeline[section]>;
};

/**
 * Reads model_pipeline.toml. Relative paths are taken from its folder. Throws RouterError `config_not_found`, or
 * `config_invalid` that lists everything that is wrong: an unknown key, a value out of range, a missing section.
 */
export function readPipeline<Needed extends Section>(
  path: string,
  needed: readonly Needed[],
): PipelineWith<Needed> {
  const source = readBounded(path, maxFileBytes, {
    unreadable: { code: "config_not_found", remedy: "Check --config" },
    tooLarge: { code: "config_invalid", remedy: "Name the pipeline's TOML file, not a data file" },
  });
  const parsed = Pipeline.safeParse(toml(path, source.toString("utf8")));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => said(issue.path, issue.message));
    throw invalid(path, issues.join("; "));
  }
  const missing = needed.filter((section) => parsed.data[section] === undefined);
  if (missing.length > 0) {
    throw invalid(path, `has no section ${missing.map((one) => `[${one}]`).join(", ")}`);
  }
  const { paths, datasets, ...rest } = parsed.data;
  const folder = dirname(resolve(path));
  return {
    ...rest,
    ...(paths && { paths: absolute(paths, folder) }),
    datasets: datasets.map((one) =>
      one.path === undefined ? one : { ...one, path: resolve(folder, one.path) },
    ),
  } as PipelineWith<Needed>;
}

function toml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [reason] = thrown.message.split("\n");
    throw invalid(path, `line ${thrown.line}: ${reason}`);
  }
}

function absolute(paths: PathSettings, folder: string): PathSettings {
  const at = (path: string): string => (path === "" ? "" : resolve(folder, path));
  return {
    prepared_dir: at(paths.prepared_dir),
    bootstrap_prepared_dir: at(paths.bootstrap_prepared_dir),
    trained_models_dir: at(paths.trained_models_dir),
    datasets_cache_dir: at(paths.datasets_cache_dir),
  };
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** The process's variables, and those of `.env` beside the pipeline file that it does not set. */
export function withDotEnv(pipelinePath: string, env: Variables): Variables {
  const path = join(dirname(resolve(pipelinePath)), ".env");
  return existsSync(path) ? { ...parseEnv(readFileSync(path, "utf8")), ...env } : env;
}

export interface Llm {
  readonly provider: string;
  readonly model: string;
  /** Of an OpenAI-compatible server, such as `http://localhost:11434/v1`. */
  readonly endpoint: URL;
  /** Never shown. */
  readonly apiKey: string | undefined;
}

/**
 * Which LLM writes rows: the environment goes before the file, which ships with `provider = "ollama"`. The key is
 * `OPENAI_API_KEY` (or what `api_key_env` names), else `LLM_EVAL__API_KEY`. Undefined when no model or no server is
 * named. Throws RouterError `config_invalid` for an address that is none.
 */
export function llmOf(settings: LlmSettings, env: Variables): Llm | undefined {
  const named = (variable: string, otherwise: string): string => env[variable]?.trim() || otherwise;
  const model = named(settings.model_env, settings.model);
  const address = named(settings.base_url_env, settings.base_url);
  if (model === "" || address === "") return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    throw new RouterError(
      "config_invalid",
      "synthetic_llm.base_url is no http or https URL, or holds a user",
      `Correct it, or ${settings.base_url_env}`,
    );
  }
  return {
    provider: named(settings.provider_env, settings.provider),
    model,
    endpoint: url,
    apiKey: env[settings.api_key_env]?.trim() || env["LLM_EVAL__API_KEY"]?.trim() || undefined,
  };
}

const said = (path: readonly PropertyKey[], message: string): string =>
  path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;

const invalid = (path: string, problem: string): RouterError =>
  new RouterError(
    "config_invalid",
    `${path}: ${problem}`,
    "Correct the file: docs/modelpack.md lists its keys",
  );

import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { type Environment, expandEnvironment } from "../config/environment.ts";
import { type Path, pathText } from "../config/problem.ts";
import { readYaml } from "../config/yaml.ts";
import { RouterError } from "../errors.ts";
import { readBounded } from "../files/read-bounded.ts";

/** Dollars, or whatever the price list is in, for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** An LLM to ask, and how. */
export interface Model {
  readonly name: string;
  /** Of an OpenAI-compatible server, such as `http://localhost:8000/v1`. */
  readonly endpoint: URL;
  /** May hold keys: never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly price?: Price | undefined;
  /** Goes into each request as it is, after all else. */
  readonly extraBody?: ExtraBody | undefined;
}

/** Fields of a request that only some servers know, such as `reasoning_effort` or `chat_template_kwargs`. */
export type ExtraBody = Readonly<Record<string, unknown>>;

/** What holds for a model that says nothing of its own. */
export interface ModelDefaults {
  readonly endpoint: string;
  /** For `endpoint` alone: another server never sees it. */
  readonly apiKey: string;
  readonly maxTokens: number;
  readonly temperature: number;
}

/** A key that no server checks, for those that want one to be there. */
export const noKey = "dummy";

const maxConfigBytes = 1024 ** 2;

const number = (schema: z.ZodType<number>) =>
  z.preprocess(
    (value) => (typeof value === "string" && value.trim() ? Number(value) : value),
    schema,
  );
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What a benchmark itself sets in a request. */
const ours = ["model", "messages", "stream", "stream_options", "n"];

const ModelsFile = z.strictObject({
  models: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1),
        endpoint: z.string().trim().min(1).optional(),
        api_key: text.optional(),
        headers: z.record(z.string(), text).optional(),
        max_tokens: number(z.number().int().positive()).optional(),
        temperature: number(z.number().min(0)).optional(),
        extra_body: z
          .record(z.string(), z.unknown())
          .refine((extra) => !ours.some((name) => name in extra), {
            error: `may not set ${ours.join(", ")}`,
          })
          .optional(),
        price: z
          .strictObject({ input: number(z.number().min(0)), output: number(z.number().min(0)) })
          .optional(),
      }),
    )
    .min(1),
});

type Entry = z.infer<typeof ModelsFile>["models"][number];

/** Models by name, all of one server. Throws RouterError `config_invalid`. */
export const namedModels = (names: readonly string[], defaults: ModelDefaults): readonly Model[] =>
  distinct(
    names.map((name) => modelOf({ name }, defaults)),
    "--models",
  );

/**
 * Models of a models.yaml, with `${NAME}` and `${NAME:-default}` replaced in every value. A variable that is not set is
 * an error, as is everything else that is wrong: RouterError `config_invalid`, which never shows a value.
 */
export function readModels(
  path: string,
  defaults: ModelDefaults,
  env: Environment,
): readonly Model[] {
  const source = readBounded(path, maxConfigBytes, {
    unreadable: { code: "config_not_found", remedy: "Check --model-config" },
    tooLarge: { code: "config_invalid", remedy: "Name the models' file, not a data file" },
  });
  const read = readYaml(source.toString("utf8"));
  if ("problem" in read) throw invalid(path, [read.problem.message]);
  const { tree, problems } = expandEnvironment(read.tree, env);
  if (problems.length > 0) {
    throw invalid(
      path,
      problems.map((one) => said(one.path, one.message)),
    );
  }
  const parsed = ModelsFile.safeParse(tree);
  if (!parsed.success) {
    throw invalid(
      path,
      parsed.error.issues.map((issue) => said(issue.path as Path, issue.message)),
    );
  }
  return distinct(
    parsed.data.models.map((entry) => modelOf(entry, defaults)),
    path,
  );
}

function modelOf(entry: Entry, defaults: ModelDefaults): Model {
  const { name, headers = {}, price } = entry;
  // A key from the command line or the environment is for the server that it was given for.
  const apiKey = entry.api_key || (entry.endpoint === undefined ? defaults.apiKey : noKey);
  const all = lowered({ authorization: `Bearer ${apiKey}` }, headers);
  for (const [header, value] of Object.entries(all)) checkHeader(name, header, value);
  return {
    name,
    endpoint: endpointOf(entry.endpoint ?? defaults.endpoint, name),
    headers: all,
    maxTokens: entry.max_tokens ?? defaults.maxTokens,
    temperature: entry.temperature ?? defaults.temperature,
    price,
    ...(entry.extra_body && { extraBody: entry.extra_body }),
  };
}

/** By lower-case name, so that `Authorization` in the file goes before the key. */
const lowered = (...parts: readonly Readonly<Record<string, string>>[]): Record<string, string> =>
  Object.fromEntries(
    parts.flatMap((part) =>
      Object.entries(part).map(([name, value]) => [name.toLowerCase(), value] as const),
    ),
  );

function checkHeader(model: string, name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    // The fault's own message would show the value.
    throw invalid(model, [`header ${JSON.stringify(name)} or its value cannot be sent`]);
  }
}

function endpointOf(address: string, model: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    throw invalid(model, ["the endpoint is no http or https URL, or holds a user"]);
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

function distinct(models: readonly Model[], source: string): readonly Model[] {
  const names = models.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(source, [`the model ${twice} is there twice`]);
  return models;
}

const said = (path: Path, message: string): string =>
  path.length === 0 ? message : `${pathText(path)}: ${message}`;

const invalid = (source: string, problems: readonly string[]): RouterError =>
  new RouterError(
    "config_invalid",
    `${source}: ${problems.join("; ")}`,
    "Correct what is listed: docs/benchmark.md shows the form of the models' file",
  );

import { dirname, resolve } from "node:path";
import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import { z } from "zod";
import { RouterError } from "../../src/errors.ts";
import { readBounded } from "../../src/files/read-bounded.ts";

const Share = z.number().min(0).max(1);
const Milliseconds = z.int().min(0).max(600_000);
const Port = z.int().min(0).max(65_535);
const Count = z.int().min(0).max(1_000_000_000);

const when = { rate: Share.optional(), first: Count.optional() };

/** A fault comes at a `rate`, or to the `first` so many requests of a model. */
const FaultConfig = z
  .union([
    z.strictObject({
      ...when,
      status: z.int().min(400).max(599),
      retry_after_s: Count.optional(),
    }),
    z.strictObject({ ...when, drop_after_chunks: z.int().min(0).max(1000) }),
  ])
  .refine(({ rate, first }) => (rate === undefined) !== (first === undefined), {
    error: "give either rate or first",
  });
export type FaultConfig = z.infer<typeof FaultConfig>;

const howItAnswers = {
  answer: z.string().optional(),
  quality: z.record(z.string(), Share).optional(),
  otherwise: Share.optional(),
  latency_ms: Milliseconds.optional(),
  latency_spread: Share.optional(),
  chunk_ms: Milliseconds.optional(),
  usage: z.strictObject({ prompt_tokens: Count, completion_tokens: Count }).optional(),
  echo: z.boolean().optional(),
  faults: z.array(FaultConfig).max(100).optional(),
};
const ModelConfig = z.strictObject({
  name: z.string().min(1).max(256),
  port: Port.optional(),
  ...howItAnswers,
});
export type ModelConfig = z.infer<typeof ModelConfig>;

const MockConfig = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: Port.optional(),
  drain_ms: Milliseconds.default(5000),
  keep_requests: z.int().min(0).max(10_000).default(16),
  unknown_model: z.string().min(1).optional(),
  questions: z.string().min(1).optional(),
  domains: z.record(z.string(), z.array(z.string().min(1)).min(1)).default({}),
  defaults: z.strictObject(howItAnswers).default({}),
  models: z.array(ModelConfig).min(1).max(1000),
});
export type MockConfig = z.infer<typeof MockConfig>;

export interface LoadedMock {
  readonly config: MockConfig;
  /** Path of the questions' file, if there is one. */
  readonly questionsPath: string | undefined;
}

/** Far above what a thousand models take. */
const maxConfigBytes = 4 * 1024 * 1024;

/** Throws RouterError `config_not_found`, or `config_invalid` that names every field which is wrong. */
export function loadMockConfig(path: string): LoadedMock {
  const bytes = readBounded(path, maxConfigBytes, {
    unreadable: { code: "config_not_found", remedy: "Name the mock's YAML with --config" },
    tooLarge: { code: "config_invalid", remedy: "Name the mock's YAML, not a data file" },
  });
  const config = parseMockConfig(bytes.toString("utf8"), path);
  const { questions } = config;
  return { config, questionsPath: questions && resolve(dirname(path), questions) };
}

/** As `loadMockConfig`, from a text; `sourceName` stands for the file in messages. */
export function parseMockConfig(text: string, sourceName: string): MockConfig {
  const parsed = MockConfig.safeParse(readYaml(text, sourceName));
  if (!parsed.success) throw invalid(sourceName, parsed.error.issues.map(issueText));
  const problems = problemsOf(parsed.data);
  if (problems.length > 0) throw invalid(sourceName, problems);
  return parsed.data;
}

function readYaml(text: string, sourceName: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (thrown) {
    if (!(thrown instanceof YAMLException)) throw thrown;
    const line = thrown.mark ? `line ${thrown.mark.line + 1}: ` : "";
    throw invalid(sourceName, [`${line}not valid YAML: ${thrown.reason}`]);
  }
}

/** What no single field shows. */
function problemsOf({ models, port, unknown_model }: MockConfig): string[] {
  const names = models.map(({ name }) => name);
  const ports = [port, ...models.map((one) => one.port)].filter((one) => one !== undefined);
  const unreachable = port === undefined ? models.filter((one) => one.port === undefined) : [];
  return [
    ...twice(names).map((name) => `models: two are named ${JSON.stringify(name)}`),
    ...twice(ports.filter((one) => one !== 0)).map((one) => `port ${one} is given twice`),
    ...unreachable.map(
      ({ name }) => `models: ${JSON.stringify(name)} has no port, and no port is for all`,
    ),
    ...(unknown_model !== undefined && !names.includes(unknown_model)
      ? [`unknown_model: no model is named ${JSON.stringify(unknown_model)}`]
      : []),
  ];
}

const twice = <T>(values: readonly T[]): T[] => [
  ...new Set(values.filter((value, at) => values.indexOf(value) < at)),
];

function issueText({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  const field = place.join("").replace(/^\./, "");
  return field === "" ? message : `${field}: ${message}`;
}

const invalid = (sourceName: string, problems: readonly string[]): RouterError =>
  new RouterError(
    "config_invalid",
    [`${sourceName} cannot be used`, ...problems.slice(0, 100)].join("\n"),
    "Correct it; e2e/mock-llm/README.md lists the fields",
  );

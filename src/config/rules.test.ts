import { expect, test } from "vitest";
import { inspectConfig } from "./inspect.ts";

/** `path: message` of every problem of a file that holds these lines and is otherwise right. */
function problemsOf(lines: string): readonly string[] {
  const text = lines.includes("default_model") ? lines : `default_model: m\n${lines}`;
  return inspectConfig(text, {}).problems.map(({ path, message }) => `${path}: ${message}`);
}

/** A decision named `d` with these keys instead of its own. */
const decision = (keys: Record<string, string> = {}): string => {
  const own = {
    name: "d",
    rules: "{ operator: OR, conditions: [{ type: domain, name: math }] }",
    modelRefs: "[{ model: a }, { model: b }]",
    ...keys,
  };
  const pairs = Object.entries(own).map(([key, value]) => `${key}: ${value}`);
  return `{ ${pairs.join(", ")} }`;
};
const decisions = (...all: string[]): string => `decisions: [${all.join(", ")}]`;
const conditions = (...all: string[]): string =>
  decisions(decision({ rules: `{ operator: OR, conditions: [${all.join(", ")}] }` }));
const domain = (name: string): string => `{ type: domain, name: ${name} }`;
const model = (name: string): string => decisions(decision({ modelRefs: `[{ model: ${name} }]` }));

const allDomains =
  "biology, business, chemistry, computer science, economics, engineering, health, history, law, math, other, philosophy, physics or psychology";

test.each([
  { name: "computer_science", want: " (did you mean 'computer science'?)" },
  { name: "Math", want: " (did you mean 'math'?)" },
  { name: "comp sci", want: " (did you mean 'computer science'?)" },
  { name: "mathematics", want: " (did you mean 'math'?)" },
  { name: "cooking", want: `; use ${allDomains}, or define it under categories` },
])("a condition may not name the domain $name", ({ name, want }) => {
  expect(problemsOf(conditions(domain(name)))).toEqual([
    `decisions[0].rules.conditions[0].name: unknown domain '${name}'${want}`,
  ]);
});

test.each([
  { case: "a domain", lines: conditions(domain("computer science"), domain("other")) },
  {
    case: "a category",
    lines: `categories: [{ name: stem, mmlu_categories: [math, physics] }]\n${conditions(domain("stem"))}`,
  },
])("a condition may name $case", ({ lines }) => {
  expect(problemsOf(lines)).toEqual([]);
});

test.each([
  {
    case: "a fallback category that is none",
    lines: "classifier: { category_model: { fallback_category: others } }",
    want: [
      "classifier.category_model.fallback_category: unknown domain 'others' (did you mean 'other'?)",
    ],
  },
  {
    case: "a category of no domain",
    lines: "categories: [{ name: stem, mmlu_categories: [math, art] }]",
    want: [`categories[0].mmlu_categories[1]: unknown domain 'art'; use ${allDomains}`],
  },
  {
    case: "a category of a category",
    lines:
      "categories: [{ name: stem, mmlu_categories: [math] }, { name: all, mmlu_categories: [stem] }]",
    want: [`categories[1].mmlu_categories[0]: unknown domain 'stem'; use ${allDomains}`],
  },
  {
    case: "names that stand twice",
    lines: `${decisions(decision(), decision({ name: "e" }), decision())}
categories: [{ name: math }, { name: math }]
vllm_endpoints: [{ name: e, address: h, port: 1 }, { name: e, address: i, port: 1 }]`,
    want: [
      "decisions[2].name: duplicate decision name 'd', the same as decisions[0]",
      "categories[1].name: duplicate category name 'math', the same as categories[0]",
      "vllm_endpoints[1].name: duplicate endpoint name 'e', the same as vllm_endpoints[0]",
    ],
  },
  {
    case: "a model that stands twice",
    lines: decisions(decision({ modelRefs: "[{ model: a }, { model: b }, { model: a }]" })),
    want: ["decisions[0].modelRefs[2]: decision 'd': 'a' is already modelRefs[0]; remove one"],
  },
  {
    case: "an adapter with the name of another model",
    lines: `${decisions(decision({ modelRefs: "[{ model: a }, { model: b, lora_name: a }]" }))}
model_config: { a: {}, b: { loras: [{ name: a }] }, m: {} }`,
    want: ["decisions[0].modelRefs[1]: decision 'd': 'a' is already modelRefs[0]; remove one"],
  },
  {
    case: "NOT with two conditions",
    lines: conditions(`{ operator: NOT, conditions: [${domain("law")}, ${domain("math")}] }`),
    want: [
      "decisions[0].rules.conditions[0].conditions: NOT takes exactly one condition, not 2; join them with AND or OR below it",
    ],
  },
  {
    case: "an adapter of a model that is not configured",
    lines: decisions(decision({ modelRefs: "[{ model: a, lora_name: x }]" })),
    want: [
      "decisions[0].modelRefs[0].lora_name: decision 'd', model 'a': lora_name 'x' specified but model 'a' is not defined in model_config",
    ],
  },
  {
    case: "an adapter of a model that has none",
    lines: `${decisions(decision({ modelRefs: "[{ model: a, lora_name: x }]" }))}\nmodel_config: { a: {} }`,
    want: [
      "decisions[0].modelRefs[0].lora_name: decision 'd', model 'a': lora_name 'x' specified but model 'a' has no loras defined in model_config",
    ],
  },
  {
    case: "an adapter that its model does not have",
    lines: `${decisions(decision({ modelRefs: "[{ model: a, lora_name: x }]" }))}
model_config: { a: { loras: [{ name: y }, { name: z }] } }`,
    want: [
      "decisions[0].modelRefs[0].lora_name: decision 'd', model 'a': lora_name 'x' is not defined in model 'a' loras. Available LoRAs: [y z]",
    ],
  },
  {
    case: "an endpoint that is not there",
    lines: `model_config: { m: { preferred_endpoints: [mock-lm, other] } }
vllm_endpoints: [{ name: mock-llm, address: h, port: 1 }]`,
    want: [
      "model_config.m.preferred_endpoints[0]: unknown endpoint 'mock-lm' (did you mean 'mock-llm'?)",
      "model_config.m.preferred_endpoints[1]: unknown endpoint 'other'; vllm_endpoints has mock-llm",
    ],
  },
  {
    case: "an endpoint where there is none",
    lines: "model_config: { m: { preferred_endpoints: [e] } }",
    want: ["model_config.m.preferred_endpoints[0]: unknown endpoint 'e'; vllm_endpoints is empty"],
  },
  {
    case: "an embedding dimension that no embedder gives",
    lines: "model_selection: { ml: { embedding_dim: 768 } }",
    want: [
      "model_selection.ml.embedding_dim: embedding dimension mismatch: the configuration says 768, the embedders give 1024",
    ],
  },
  {
    case: "the parameters of two other algorithms",
    lines: decisions(decision({ algorithm: "{ type: knn, svm: {}, kmeans: {}, knn: {} }" })),
    want: [
      "decisions[0].algorithm.kmeans: decision 'd': algorithm.type=knn cannot be used with algorithm.kmeans configuration",
      "decisions[0].algorithm.svm: decision 'd': algorithm.type=knn cannot be used with algorithm.svm configuration",
    ],
  },
  {
    case: "a default that asks for routing again",
    lines: "default_model: router\nauto_model_name: router",
    want: [
      "default_model: 'router' is the name by which clients ask for routing; write a model's name",
    ],
  },
  {
    case: "a candidate that asks for routing again",
    lines: model("auto"),
    want: [
      "decisions[0].modelRefs[0].model: 'auto' is the name by which clients ask for routing; write a model's name",
    ],
  },
])("refused: $case", ({ lines, want }) => {
  expect(problemsOf(lines)).toEqual(want);
});

test.each([
  { name: '"a\\nb"', want: "the name holds a control character or a line break" },
  { name: '"a\\rb"', want: "the name holds a control character or a line break" },
  { name: '"a\\0b"', want: "the name holds a control character or a line break" },
  { name: '"a\\tb"', want: "the name holds a control character or a line break" },
  { name: '"a\\x7f"', want: "the name holds a control character or a line break" },
  { name: '"\\ud800"', want: "the name is not valid Unicode" },
  { name: '" a"', want: "the name begins or ends with a space" },
  { name: '"a "', want: "the name begins or ends with a space" },
  { name: "a".repeat(257), want: "the name is longer than 256 bytes" },
  { name: "é".repeat(129), want: "the name is longer than 256 bytes" },
])("a name that cannot stand in a header is refused: $want", ({ name, want }) => {
  expect(problemsOf(`default_model: ${name}`)).toEqual([`default_model: ${want}`]);
  expect(problemsOf(model(name))).toEqual([`decisions[0].modelRefs[0].model: ${want}`]);
  expect(problemsOf(decisions(decision({ name })))).toEqual([`decisions[0].name: ${want}`]);
  expect(problemsOf(`categories: [{ name: ${name}, mmlu_categories: [math] }]`)).toEqual([
    `categories[0].name: ${want}`,
  ]);
});

test.each(["gpt-4.1", "org/model:7b@v1", "with space", "模型", "a".repeat(256)])(
  "the name %s is good",
  (name) => {
    expect(problemsOf(model(name))).toEqual([]);
  },
);

/** So many nodes inside one another, the innermost with a leaf. */
const nested = (depth: number): string =>
  depth === 1
    ? `{ operator: AND, conditions: [${domain("math")}] }`
    : `{ operator: OR, conditions: [${nested(depth - 1)}] }`;

test("rules may be nested 16 deep, not 17", () => {
  expect(problemsOf(decisions(decision({ rules: nested(16) })))).toEqual([]);
  const path = `decisions[0].rules${".conditions[0]".repeat(16)}`;
  const want = [`${path}: rules are nested more than 16 deep; split the decision`];
  expect(problemsOf(decisions(decision({ rules: nested(17) })))).toEqual(want);
  expect(problemsOf(decisions(decision({ rules: nested(40) })))).toEqual(want);
});

const http = (keys: string): string => `embedding: { http: { model: m, ${keys} } }`;
const redis = (url: string): string => `embedding: { cache: { redis_url: "${url}" } }`;

test.each([
  {
    case: "a server's API",
    lines: http("url: 'https://h:1/v1', api_key: sk-1, headers: { x-a: b }"),
  },
  { case: "Redis", lines: redis("redis://h") },
  { case: "a database of Redis, with TLS and a password", lines: redis("rediss://u:p%40@h:1/3") },
])("$case may be named", ({ lines }) => {
  expect(problemsOf(lines)).toEqual([]);
});

test.each([
  {
    case: "two embedders",
    lines: `${http("url: 'http://h'")}\nembedding_models: { qwen3_model_path: qwen3 }`,
    want: "embedding.http: and embedding_models.qwen3_model_path name two embedders; remove one",
  },
  {
    case: "a URL of another kind",
    lines: http("url: 'ftp://secret'"),
    want: "embedding.http.url: must be an http:// or https:// URL",
  },
  {
    case: "a password in the server's URL",
    lines: http("url: 'http://u:secret@h'"),
    want: "embedding.http.url: must hold no password; write it as api_key or a header",
  },
  {
    case: "a key with a line break",
    lines: http("url: 'http://h', api_key: \"sk-secret\\nx: y\""),
    want: "embedding.http.api_key: holds what a header cannot carry",
  },
  {
    case: "a header's name with a space",
    lines: http("url: 'http://h', headers: { 'a b': secret }"),
    want: 'embedding.http.headers["a b"]: the name is none of a header',
  },
  {
    case: "Redis of an unknown scheme",
    lines: redis("http://:secret@h"),
    want: "embedding.cache.redis_url: must be a redis:// or rediss:// URL",
  },
  {
    case: "Redis without a host",
    lines: redis("redis://"),
    want: "embedding.cache.redis_url: must be a redis:// or rediss:// URL",
  },
  {
    case: "a database by name",
    lines: redis("redis://:secret@h/cache"),
    want: "embedding.cache.redis_url: must have nothing but the number of a database as its path",
  },
  {
    case: "a password with an unescaped #",
    lines: redis("redis://h/0#secret"),
    want: "embedding.cache.redis_url: must have neither a query nor a fragment; escape a password",
  },
  {
    case: "a password with an unescaped %",
    lines: redis("redis://:100%secret@h"),
    want: "embedding.cache.redis_url: has a user or password that is not escaped for URLs; write % as %25",
  },
])("$case is refused, unsaid", ({ lines, want }) => {
  expect(problemsOf(lines)).toEqual([want]);
});

test.each([
  { lines: "embedding: { min_workers: 3 }", want: [] },
  { lines: "embedding: { workers: 3, min_workers: 3 }", want: [] },
  {
    lines: "embedding: { workers: 2, min_workers: 3 }",
    want: ["embedding.min_workers: 3 threads must be warm, and embedding.workers allows 2"],
  },
])("$lines", ({ lines, want }) => {
  expect(problemsOf(lines)).toEqual(want);
});

test("a cache that may take as long as a request is doubtful", () => {
  const { warnings } = inspectConfig(
    'default_model: m\nembedding: { cache: { redis_url: "redis://h", timeout_ms: 150 } }',
    {},
  );
  expect(warnings.map(({ path }) => path)).toContain("embedding.cache.timeout_ms");
});

const exporter = (keys: string): string =>
  `observability: { tracing: { enabled: true, exporter: { ${keys} } } }`;
const exporterPath = "observability.tracing.exporter";
const address = "must be host:port, or an address of http:// or https://";

test.each([
  { keys: "endpoint: 'jaeger:4317', insecure: true" },
  { keys: "endpoint: '[::1]:4317'" },
  { keys: "endpoint: 'https://collector.example/v1/traces'" },
  { keys: "type: otlp" },
])("spans can be sent: $keys", ({ keys }) => {
  expect(problemsOf(exporter(keys))).toEqual([]);
});

test.each([
  {
    keys: "type: jaeger",
    want: `${exporterPath}.type: must be otlp, not jaeger; a collector can hand spans on to anything else`,
  },
  { keys: "endpoint: collector", want: `${exporterPath}.endpoint: ${address}` },
  { keys: "endpoint: 'ftp://collector'", want: `${exporterPath}.endpoint: ${address}` },
  {
    keys: "endpoint: 'https://me:secret@collector'",
    want: `${exporterPath}.endpoint: holds a name or password; give them in OTEL_EXPORTER_OTLP_HEADERS`,
  },
])("spans cannot be sent: $keys", ({ keys, want }) => {
  expect(problemsOf(exporter(keys))).toEqual([want]);
});

test("a file of the reference that names another exporter loads while tracing is off", () => {
  const tracing = "{ enabled: false, provider: opentelemetry, exporter: { type: stdout } }";
  expect(problemsOf(`observability: { tracing: ${tracing} }`)).toEqual([]);
});

test("the baseline of prices must have a price", () => {
  const models = "model_config: { large: { pricing: { prompt_per_1m: 3 } }, free: {} }";
  const lines = (name: string) => `${models}\nobservability: { price_baseline: ${name} }`;
  expect(problemsOf(lines("large"))).toEqual([]);
  expect(problemsOf(lines("free"))).toEqual([
    "observability.price_baseline: model 'free' has no pricing in model_config",
  ]);
  expect(problemsOf(lines("lrge"))).toEqual([
    "observability.price_baseline: model 'lrge' has no pricing in model_config (did you mean 'large'?)",
  ]);
});

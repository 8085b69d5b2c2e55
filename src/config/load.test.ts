// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what an operator writes
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RouterError } from "../errors.ts";
import { loadConfig, parseConfig } from "./load.ts";

/** The lines that an operator reads below the first, which counts them. */
function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, env, "f.yaml");
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown;
    expect(thrown.code).toBe("config_invalid");
    return thrown.detail.split("\n").slice(1);
  }
  return [];
}

/** A valid file whose decision `d` has these keys instead of its own. */
function withDecision(keys: string): string {
  return `default_model: m\ndecisions:\n  - name: d\n${keys
    .split("\n")
    .map((line) => `    ${line}\n`)
    .join("")}`;
}
const rules = "rules: { operator: OR, conditions: [{ type: domain, name: math }] }";
const modelRefs = "modelRefs: [{ model: a }, { model: b }]";

test("the smallest configuration: every default is filled in", () => {
  const { config, warnings } = parseConfig("default_model: m", {}, "f.yaml");
  expect(warnings).toEqual(["f.yaml: no decisions, so every request goes to m"]);
  expect(config).toMatchObject({
    auto_model_name: "MoM",
    clear_route_cache: true,
    strategy: "priority",
    decisions: [],
    model_selection: { enabled: true, ml: { trust_unlabelled: false, max_artifact_mb: 1024 } },
    classifier: { category_model: { threshold: 0.2, fallback_category: "other" } },
    observability: { metrics: { enabled: true }, log_level: "info" },
    limits: { deadline_ms: 150, max_query_chars: 32_768 },
  });
});

test("a decision is read as written, operators and types in any case", () => {
  const text = withDecision(`priority: 3
rules:
  operator: or
  conditions:
    - { type: " Domain ", name: math }
    - { operator: not, conditions: [{ type: domain, name: law }] }
modelRefs: [{ model: a, use_reasoning: true }, { model: b }]
algorithm: { type: svm, svm: { kernel: RBF } }`);
  expect(parseConfig(text, {}, "f.yaml").config.decisions).toEqual([
    {
      name: "d",
      priority: 3,
      rules: {
        operator: "OR",
        conditions: [
          { type: "domain", name: "math" },
          { operator: "NOT", conditions: [{ type: "domain", name: "law" }] },
        ],
      },
      modelRefs: [
        { model: "a", use_reasoning: true },
        { model: "b", use_reasoning: false },
      ],
      algorithm: { type: "svm", svm: { kernel: "rbf" } },
    },
  ]);
});

test("keys without a value count as not written, and list entries of model_config may have none", () => {
  const text = `default_model: m\ncategories:\nlimits:\nmodel_config:\n  m:\n${withDecision(
    `${rules}\n${modelRefs}\nalgorithm:`,
  ).replace("default_model: m\n", "")}`;
  const { config } = parseConfig(text, {}, "f.yaml");
  expect(config.categories).toEqual([]);
  expect(config.model_config).toEqual({ m: {} });
  expect(config.decisions[0]?.algorithm).toEqual({ type: "static" });
});

test.each([
  // The file as a whole
  { text: "", want: ["f.yaml: the file is empty"] },
  {
    text: "a: [",
    want: ["f.yaml:1: not valid YAML: unexpected end of the stream within a flow collection"],
  },
  {
    text: "- a",
    want: [
      "f.yaml: the file holds a list instead of keys; signalbox reads the flat layout, with decisions, default_model and model_config at the top level; config/default.yaml shows it",
    ],
  },
  {
    text: "# newest\nversion: v0.3\nproviders: {}\nrouting: {}\nglobal: {}",
    want: [
      "f.yaml:2: version: this is the canonical layout (version: v0.3, providers, routing, global); signalbox reads the flat layout, with decisions, default_model and model_config at the top level; config/default.yaml shows it",
    ],
  },
  {
    text: "apiVersion: vllm.ai/v1alpha1\nkind: IntelligentRoute",
    want: [
      "f.yaml:1: apiVersion: this is a Kubernetes resource; signalbox reads the flat layout, with decisions, default_model and model_config at the top level; config/default.yaml shows it",
    ],
  },
  {
    text: "replicaCount: 1\nconfig: {default_model: m}",
    want: [
      "f.yaml:2: config: this is a Helm values file, whose `config` may be what is wanted; signalbox reads the flat layout, with decisions, default_model and model_config at the top level; config/default.yaml shows it",
    ],
  },
  // Required
  {
    text: "strategy: priority",
    want: [
      "f.yaml: default_model: is not set; it is used when no decision matches and when routing fails",
    ],
  },
  {
    text: "default_model: ''",
    want: [
      "f.yaml:1: default_model: is not set; it is used when no decision matches and when routing fails",
    ],
  },
  // Kinds
  {
    text: "default_model: 5",
    want: ["f.yaml:1: default_model: must be text, not 5 (put it in quotes)"],
  },
  {
    text: "default_model: m\nclear_route_cache: yes",
    want: ["f.yaml:2: clear_route_cache: must be true or false, not 'yes'"],
  },
  {
    text: "default_model: m\nlimits:\n  deadline_ms: 1.5",
    want: ["f.yaml:3: limits.deadline_ms: must be a whole number, not 1.5"],
  },
  {
    text: "default_model: m\nlimits: [deadline_ms]",
    want: ["f.yaml:2: limits: must be a mapping, not a list"],
  },
  {
    text: "default_model: m\ndecisions: {name: d}",
    want: ["f.yaml:2: decisions: must be a list, not a mapping"],
  },
  {
    text: "default_model: m\ndecisions:\n  -",
    want: ["f.yaml:2: decisions[0]: must be a mapping, not nothing"],
  },
  {
    text: `default_model: m\nauto_model_name: [x]\nlimits: ${"x".repeat(100)}`,
    want: [
      "f.yaml:2: auto_model_name: must be text, not a list",
      `f.yaml:3: limits: must be a mapping, not '${"x".repeat(60)}…'`,
    ],
  },
  // Ranges and words
  {
    text: "default_model: m\nlimits: {deadline_ms: 0, max_body_bytes: 0}",
    want: [
      "f.yaml:2: limits.deadline_ms: must be at least 1, not 0",
      "f.yaml:2: limits.max_body_bytes: must be at least 1, not 0",
    ],
  },
  {
    text: "default_model: m\nlimits: {deadline_ms: 60001}",
    want: ["f.yaml:2: limits.deadline_ms: must be at most 60000, not 60001"],
  },
  {
    text: "default_model: m\nclassifier: {category_model: {threshold: 1.5}}",
    want: ["f.yaml:2: classifier.category_model.threshold: must be at most 1, not 1.5"],
  },
  {
    text: "default_model: m\nmodel_selection: {ml: {svm: {gamma: 0}}}",
    want: ["f.yaml:2: model_selection.ml.svm.gamma: must be more than 0, not 0"],
  },
  {
    text: "default_model: m\nclassifier: {category_model: {threshold: .nan}}",
    want: ["f.yaml:2: classifier.category_model.threshold: must be a number, not NaN"],
  },
  {
    text: "default_model: m\nstrategy: prioritty",
    want: [
      "f.yaml:2: strategy: must be priority or confidence, not 'prioritty' (did you mean 'priority'?)",
    ],
  },
  {
    text: "default_model: m\nconfig_source: kubernetes",
    want: ["f.yaml:2: config_source: must be file, not 'kubernetes'"],
  },
  {
    text: "default_model: m\nvllm_endpoints:\n  - {name: e, address: '', port: 99999}",
    want: [
      "f.yaml:3: vllm_endpoints[0].address: must not be empty",
      "f.yaml:3: vllm_endpoints[0].port: must be at most 65535, not 99999",
    ],
  },
  {
    text: "default_model: m\nmodel_config: {'': {}}",
    want: ['f.yaml:2: model_config[""]: the key must not be empty'],
  },
  // Keys
  {
    text: "default_model: m\nstratgey: priority",
    want: ["f.yaml:2: stratgey: unknown key (did you mean 'strategy'?)"],
  },
  { text: "default_model: m\nzebra: 1", want: ["f.yaml:2: zebra: unknown key"] },
  {
    text: "default_model: m\nzebra:",
    want: ["f.yaml:2: zebra: unknown key"],
  },
  {
    text: "default_model: m\nmodel_selection:\n  models_path: x",
    want: [
      "f.yaml:3: model_selection.models_path: unknown key (it belongs under model_selection.ml)",
    ],
  },
  {
    text: "default_model: m\ndeadline_ms: 5",
    want: ["f.yaml:2: deadline_ms: unknown key (it belongs under limits)"],
  },
  {
    text: "default_model: m\nmodel_config:\n  a.b: {pricing: {prompt_per_1k: 1}}",
    want: [
      "f.yaml:3: model_config[\"a.b\"].pricing.prompt_per_1k: unknown key (did you mean 'prompt_per_1m'?)",
    ],
  },
])("a file is refused: $want.0", ({ text, want }) => {
  expect(problemsOf(text)).toEqual(want);
});

test.each([
  {
    case: "no modelRefs",
    keys: rules,
    want: [
      "f.yaml:3: decisions[0].modelRefs: decision 'd' has no modelRefs defined - each decision must have at least one model",
    ],
  },
  {
    case: "empty modelRefs",
    keys: `${rules}\nmodelRefs: []`,
    want: [
      "f.yaml:5: decisions[0].modelRefs: decision 'd' has no modelRefs defined - each decision must have at least one model",
    ],
  },
  {
    case: "an empty model",
    keys: `${rules}\nmodelRefs: [{ model: a }, { model: "" }, { lora_name: x }]`,
    want: [
      "f.yaml:5: decisions[0].modelRefs[1].model: decision 'd', modelRefs[1]: model name cannot be empty",
      "f.yaml:5: decisions[0].modelRefs[2].model: decision 'd', modelRefs[2]: model name cannot be empty",
    ],
  },
  {
    case: "a model that is only a name",
    keys: `${rules}\nmodelRefs: [a]`,
    want: ["f.yaml:5: decisions[0].modelRefs[0]: must be a mapping; write - model: a"],
  },
  {
    case: "no rules",
    keys: modelRefs,
    want: ["f.yaml:3: decisions[0].rules: is required"],
  },
  {
    case: "no conditions",
    keys: `rules: { operator: OR, conditions: [] }\n${modelRefs}`,
    want: ["f.yaml:4: decisions[0].rules.conditions: must have at least one entry"],
  },
  {
    case: "an unknown operator",
    keys: `rules: { operator: XOR, conditions: [{ type: domain, name: math }] }\n${modelRefs}`,
    want: [
      "f.yaml:4: decisions[0].rules.operator: must be AND, OR or NOT, not 'XOR' (did you mean 'OR'?)",
    ],
  },
  {
    case: "an unknown operator further in",
    keys: `rules:
  operator: AND
  conditions:
    - { type: domain, name: math }
    - operator: OR
      conditions:
        - { operator: NAND, conditions: [{ type: domain, name: math }] }
${modelRefs}`,
    want: [
      "f.yaml:10: decisions[0].rules.conditions[1].conditions[0].operator: must be AND, OR or NOT, not 'NAND' (did you mean 'AND'?)",
    ],
  },
  {
    case: "a misspelt key of a condition",
    keys: `rules: { operator: OR, conditions: [{ type: domain, nmae: math }] }\n${modelRefs}`,
    want: [
      "f.yaml:4: decisions[0].rules.conditions[0].name: is required",
      "f.yaml:4: decisions[0].rules.conditions[0].nmae: unknown key (did you mean 'name'?)",
    ],
  },
  {
    case: "a signal that signalbox does not have",
    keys: `rules: { operator: OR, conditions: [{ type: keyword, name: urgent }] }\n${modelRefs}`,
    want: [
      "f.yaml:4: decisions[0].rules.conditions[0].type: 'keyword' signals are not supported; use domain, or a task of the model pack",
    ],
  },
  {
    case: "a condition that is only a name",
    keys: `rules: { operator: OR, conditions: [math] }\n${modelRefs}`,
    want: ["f.yaml:4: decisions[0].rules.conditions[0]: must be a mapping, not 'math'"],
  },
  {
    case: "an algorithm of the reference",
    keys: `${rules}\n${modelRefs}\nalgorithm: { type: elo, elo: { k_factor: 32 }, knn: { k: 1 } }`,
    want: [
      "f.yaml:6: decisions[0].algorithm.type: decision 'd': unsupported algorithm.type=elo; use knn, kmeans, svm or static",
    ],
  },
  {
    case: "a misspelt algorithm",
    keys: `${rules}\n${modelRefs}\nalgorithm: { type: kmean }`,
    want: [
      "f.yaml:6: decisions[0].algorithm.type: must be knn, kmeans, svm or static, not 'kmean' (did you mean 'kmeans'?)",
    ],
  },
  {
    case: "the parameters of another algorithm",
    keys: `${rules}\n${modelRefs}\nalgorithm: { type: svm, knn: { k: 3 } }`,
    want: [
      "f.yaml:6: decisions[0].algorithm.knn: decision 'd': algorithm.type=svm cannot be used with algorithm.knn configuration",
    ],
  },
  {
    case: "parameters without an algorithm",
    keys: `${rules}\n${modelRefs}\nalgorithm: { kmeans: { num_clusters: 3 } }`,
    want: [
      "f.yaml:6: decisions[0].algorithm.kmeans: decision 'd': algorithm.type=static cannot be used with algorithm.kmeans configuration",
    ],
  },
  {
    case: "a parameter a level too high",
    keys: `${rules}\n${modelRefs}\nalgorithm: { type: knn, k: 3 }`,
    want: [
      "f.yaml:6: decisions[0].algorithm.k: unknown key (it belongs under decisions[].algorithm.knn)",
    ],
  },
  {
    case: "a parameter out of range",
    keys: `${rules}\n${modelRefs}\nalgorithm: { type: knn, knn: { k: 0 } }`,
    want: ["f.yaml:6: decisions[0].algorithm.knn.k: must be at least 1, not 0"],
  },
])("a decision is refused for $case", ({ keys, want }) => {
  expect(problemsOf(withDecision(keys))).toEqual(want);
});

test("every problem is told at once, in the order of the file, and none that only follows from another", () => {
  const text = `default_model: auto
thresold: 3
decisions:
  - name: d
    rules: { operator: XOR, conditions: [{ type: domain, name: Math }, { type: keyword, name: x }] }
    modelRefs: []
  - name: d
    priority: high
    rules: { operator: NOT, conditions: [{ type: domain, name: law }, { type: domain, name: art }] }
    modelRefs: [{ model: a, lora_name: l }]
limits: { deadline_ms: soon }
`;
  expect(problemsOf(text)).toEqual([
    "f.yaml:1: default_model: 'auto' is the name by which clients ask for routing; write a model's name",
    "f.yaml:2: thresold: unknown key",
    "f.yaml:5: decisions[0].rules.operator: must be AND, OR or NOT, not 'XOR' (did you mean 'OR'?)",
    "f.yaml:5: decisions[0].rules.conditions[1].type: 'keyword' signals are not supported; use domain, or a task of the model pack",
    "f.yaml:5: decisions[0].rules.conditions[0].name: unknown domain 'Math' (did you mean 'math'?)",
    "f.yaml:6: decisions[0].modelRefs: decision 'd' has no modelRefs defined - each decision must have at least one model",
    "f.yaml:7: decisions[1].name: duplicate decision name 'd', the same as decisions[0]",
    "f.yaml:8: decisions[1].priority: must be a number, not 'high'",
    "f.yaml:9: decisions[1].rules.conditions[1].name: unknown domain 'art'; use biology, business, chemistry, computer science, economics, engineering, health, history, law, math, other, philosophy, physics or psychology, or define it under categories",
    "f.yaml:9: decisions[1].rules.conditions: NOT takes exactly one condition, not 2; join them with AND or OR below it",
    "f.yaml:10: decisions[1].modelRefs[0].lora_name: decision 'd', model 'a': lora_name 'l' specified but model 'a' is not defined in model_config",
    "f.yaml:11: limits.deadline_ms: must be a number, not 'soon'",
  ]);
});

test("the error names the file, counts the problems and says what to do", () => {
  expect(() => parseConfig("strategy: x", {}, "my.yaml")).toThrow(
    "[config_invalid] my.yaml has 2 problems\n" +
      "my.yaml: default_model: is not set; it is used when no decision matches and when routing fails\n" +
      "my.yaml:1: strategy: must be priority or confidence, not 'x'. " +
      "Correct my.yaml; signalbox check shows whether it is right",
  );
});

test("of a thousand problems the first hundred are listed", () => {
  const keys = Array.from({ length: 1000 }, (_, i) => `zebra${i}: 1`);
  const problems = problemsOf(`default_model: m\n${keys.join("\n")}`);
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)).toBe("and 900 more");
});

test("numbers and booleans may come out of the environment", () => {
  const text = `default_model: m
clear_route_cache: \${CLEAR}
limits: { deadline_ms: "\${DEADLINE:-99}" }
classifier: { category_model: { threshold: "\${THRESHOLD}" } }
vllm_endpoints: [{ name: "\${NAME}", address: h, port: "\${PORT}" }]
`;
  const env = { CLEAR: "false", THRESHOLD: "0.5", PORT: "8000", NAME: "8000" };
  const { config } = parseConfig(text, env, "f.yaml");
  expect(config.clear_route_cache).toBe(false);
  expect(config.limits.deadline_ms).toBe(99);
  expect(config.classifier.category_model.threshold).toBe(0.5);
  // A name stays text, even when it looks like a number.
  expect(config.vllm_endpoints[0]).toMatchObject({ name: "8000", port: 8000 });
});

test.each([
  {
    case: "a variable that is not set, before anything else",
    text: "default_model: ${MODEL}\nlimits: { deadline_ms: soon }",
    want: [
      "f.yaml:1: default_model: environment variable MODEL is not set; set it, or write ${MODEL:-default}",
    ],
  },
  {
    case: "a value of the wrong kind, without showing it",
    text: "default_model: m\nlimits: { deadline_ms: '${SECRET}' }",
    want: ["f.yaml:2: limits.deadline_ms: must be a number, not the value of SECRET"],
  },
  {
    case: "a part of a number",
    text: "default_model: m\nlimits: { deadline_ms: '1${ZERO}' }",
    want: ["f.yaml:2: limits.deadline_ms: must be a number, not the value of ZERO"],
  },
  {
    case: "a name that would break a header",
    text: "default_model: ${LINES}",
    want: ["f.yaml:1: default_model: the name holds a control character or a line break"],
  },
])("the environment is refused for $case", ({ text, want }) => {
  expect(problemsOf(text, { SECRET: "sk-1", ZERO: "0", LINES: "m\r\nx-admin: 1" })).toEqual(want);
});

test("a key that opens something is never shown", () => {
  const text = "default_model: m\nmodel_config: { m: { access_key: 12345 } }";
  expect(problemsOf(text)).toEqual([
    "f.yaml:2: model_config.m.access_key: must be text, not a number (put it in quotes)",
  ]);
});

test("what the reference has and signalbox does not is one warning; variables in it are not wanted", () => {
  const text = `default_model: m
semantic_cache: { enabled: true }
external_models: [{ access_key: "\${NOT_SET}" }]
classifier: { pii_model: { threshold: 0.9 }, category_model: { threshold: 0.6 } }
observability: { metrics: { windowed_metrics: {} } }
${withDecision(`${rules}\n${modelRefs}\nplugins: [{ type: pii }]\nalgorithm: { type: knn, elo: {} }`).replace("default_model: m\n", "")}`;
  expect(parseConfig(text, {}, "f.yaml").warnings).toEqual([
    "f.yaml: ignored, because signalbox does not have these features: semantic_cache, external_models, classifier.pii_model, observability.metrics.windowed_metrics, decisions[].plugins, decisions[].algorithm.elo",
  ]);
});

test.each([
  {
    case: "default_model is in no decision and not in model_config",
    text: `model_config: { a: {}, b: { loras: [{ name: b-lora }] }, mod: {} }
default_model: mood
decisions:
  - name: d
    ${rules}
    modelRefs: [{ model: a }, { model: b, lora_name: b-lora }, { model: c }]`,
    want: [
      "f.yaml:2: default_model: model 'mood' is not in model_config (did you mean 'mod'?)",
      "f.yaml:6: decisions[0].modelRefs[2].model: model 'c' is not in model_config",
    ],
  },
  {
    case: "a category stands for nothing",
    text: `${withDecision(`${rules}\n${modelRefs}`)}categories: [{ name: art }, { name: math }, { name: stem, mmlu_categories: [math] }]`,
    want: [
      "f.yaml:6: categories[0]: no query is ever of category 'art'; list its domains under mmlu_categories",
    ],
  },
  {
    case: "the deadline is beyond Envoy's",
    text: `${withDecision(`${rules}\n${modelRefs}`)}limits: { deadline_ms: 200 }`,
    want: [
      "f.yaml:6: limits.deadline_ms: 200 ms is not below Envoy's default message_timeout of 200 ms; raise that too",
    ],
  },
])("a warning when $case", ({ text, want }) => {
  expect(parseConfig(text, {}, "f.yaml").warnings).toEqual(want);
});

const folder = mkdtempSync(join(tmpdir(), "signalbox-config-"));
function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("a file is loaded, and named in messages as it was given", () => {
  const path = written("good.yaml", "\uFEFFdefault_model: m\r\n");
  expect(loadConfig(path, {}).config.default_model).toBe("m");
  const bad = written("bad.yaml", "default_model: 5");
  expect(() => loadConfig(bad, {})).toThrow(`${bad}:1: default_model: must be text, not 5`);
});

test.each([
  {
    case: "missing",
    path: join(folder, "none.yaml"),
    want: { code: "config_not_found", detail: `${join(folder, "none.yaml")} does not exist` },
  },
  {
    case: "a folder",
    path: folder,
    want: { code: "config_not_found", detail: `${folder} is a folder, not a file` },
  },
  {
    case: "larger than a mebibyte",
    path: written("large.yaml", "#".repeat(1024 ** 2 + 1)),
    want: { code: "config_invalid", detail: `${join(folder, "large.yaml")} is larger than 1 MiB` },
  },
  {
    case: "not text",
    path: written("binary.yaml", Buffer.from([0xff, 0xfe, 0x00])),
    want: { code: "config_invalid", detail: `${join(folder, "binary.yaml")} is not UTF-8 text` },
  },
])("a file that is $case is refused", ({ path, want }) => {
  expect(() => loadConfig(path, {})).toThrow(expect.objectContaining(want));
});

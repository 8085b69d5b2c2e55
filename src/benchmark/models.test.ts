// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what an operator writes
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namedModels, readModels } from "./models.ts";

const defaults = {
  endpoint: "http://default:8000/v1/",
  apiKey: "default-key",
  maxTokens: 1024,
  temperature: 0,
};
const folder = mkdtempSync(join(tmpdir(), "signalbox-models-"));

function read(yaml: string, env: Record<string, string> = {}) {
  const path = join(folder, "models.yaml");
  writeFileSync(path, yaml);
  return readModels(path, defaults, env);
}

test("a model that says nothing has the defaults, and the default server's key", () => {
  const [model] = read("models:\n  - name: m");
  expect(model).toEqual({
    name: "m",
    endpoint: new URL("http://default:8000/v1"),
    headers: { authorization: "Bearer default-key" },
    maxTokens: 1024,
    temperature: 0,
    price: undefined,
  });
  expect(namedModels(["m"], defaults)).toEqual([model]);
});

test("a model's own settings go before the defaults", () => {
  const [model] = read(`models:
  - name: gpt
    endpoint: https://api.example.com/v1
    api_key: own-key
    headers: { X-Team: 7, Authorization: "Basic abc" }
    max_tokens: 50
    temperature: 0.7
    price: { input: 0.15, output: 0.6 }`);
  expect(model).toMatchObject({
    endpoint: new URL("https://api.example.com/v1"),
    headers: { "x-team": "7", authorization: "Basic abc" },
    maxTokens: 50,
    temperature: 0.7,
    price: { input: 0.15, output: 0.6 },
  });
});

test("another server never sees the default server's key", () => {
  const [model] = read("models:\n  - name: m\n    endpoint: http://other/v1");
  expect(model?.headers).toEqual({ authorization: "Bearer dummy" });
});

test("variables are replaced anywhere in any value, numbers too", () => {
  const yaml = `models:
  - name: \${NAME}-large
    endpoint: http://\${HOST}:\${PORT:-9000}/v1
    api_key: \${KEY}
    headers: { Authorization: "Bearer \${TOKEN}", X-Text: "$\${literally}" }
    max_tokens: "\${TOKENS}"`;
  const [model] = read(yaml, { NAME: "m", HOST: "h", KEY: "k", TOKEN: "t", TOKENS: "77" });
  expect(model).toMatchObject({
    name: "m-large",
    endpoint: new URL("http://h:9000/v1"),
    headers: { authorization: "Bearer t", "x-text": "${literally}" },
    maxTokens: 77,
  });
});

test.each([
  {
    case: "a missing variable",
    yaml: 'models:\n  - name: m\n    api_key: "${NOT_THERE}"',
    want: "models[0].api_key: environment variable NOT_THERE is not set",
  },
  {
    case: "one in a header",
    yaml: 'models:\n  - name: m\n    headers: { A: "Bearer ${NOT_THERE}" }',
    want: "NOT_THERE is not set",
  },
  { case: "no model", yaml: "models: []", want: "models" },
  { case: "an unknown key", yaml: "models:\n  - name: m\n    apikey: x", want: "apikey" },
  { case: "no YAML", yaml: "models: [", want: "not valid YAML" },
  { case: "no name", yaml: "models:\n  - endpoint: http://x", want: "models[0].name" },
  { case: "no URL", yaml: "models:\n  - name: m\n    endpoint: localhost:8000", want: "endpoint" },
  {
    case: "a user in the URL",
    yaml: "models:\n  - name: m\n    endpoint: http://a:b@c/v1",
    want: "endpoint",
  },
  { case: "tokens below 1", yaml: "models:\n  - name: m\n    max_tokens: 0", want: "max_tokens" },
  {
    case: "what a benchmark sets itself",
    yaml: "models:\n  - name: m\n    extra_body: { stream: true }",
    want: "models[0].extra_body: may not set model, messages, stream",
  },
  { case: "a model twice", yaml: "models:\n  - name: m\n  - name: m", want: "m is there twice" },
])("refused: $case", ({ yaml, want }) => {
  expect(() => read(yaml)).toThrow(
    expect.objectContaining({ code: "config_invalid", detail: expect.stringContaining(want) }),
  );
});

test("a value that cannot be sent is refused without being shown", () => {
  const yaml = 'models:\n  - name: m\n    headers: { X-Key: "sec\\nret" }';
  expect(() => read(yaml)).toThrow(/header "x-key"/);
  expect(() => read(yaml)).not.toThrow(/sec/);
});

test("a file that is not there is named", () => {
  expect(() => readModels(join(folder, "none.yaml"), defaults, {})).toThrow(
    expect.objectContaining({ code: "config_not_found" }),
  );
});

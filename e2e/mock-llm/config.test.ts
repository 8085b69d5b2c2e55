import { expect, test } from "vitest";
import { loadMockConfig, parseMockConfig } from "./config.ts";

test("the example of the README is right, and its defaults are filled in", () => {
  const { config, questionsPath } = loadMockConfig(`${import.meta.dirname}/example.yaml`);
  expect(config.models.map(({ name }) => name)).toEqual([
    "llama-3.2-1b",
    "llama-3.2-3b",
    "codellama-7b",
    "mistral-7b",
  ]);
  expect(config).toMatchObject({ host: "127.0.0.1", port: 8000, keep_requests: 16 });
  expect(questionsPath).toBeUndefined();
});

test.each([
  ["models: []", "models: "],
  ["{}", "models: "],
  ["port: 8000", "models: "],
  ["models: [{ name: a }]", 'models: "a" has no port, and no port is for all'],
  ["{ port: 1, models: [{ name: a }, { name: a }] }", 'models: two are named "a"'],
  ["{ port: 1, models: [{ name: a, port: 1 }] }", "port 1 is given twice"],
  ["{ port: 70000, models: [{ name: a }] }", "port: "],
  ["{ port: 1, latency: 3, models: [{ name: a }] }", "latency"],
  ["{ port: 1, models: [{ name: a, latency_ms: slow }] }", "models[0].latency_ms: "],
  ["{ port: 1, models: [{ name: a, quality: { math: 1.5 } }] }", "models[0].quality.math: "],
  ["{ port: 1, models: [{ name: a, faults: [{ status: 429 }] }] }", "give either rate or first"],
  ["{ port: 1, models: [{ name: a, faults: [{ rate: 1 }] }] }", "models[0].faults[0]: "],
  ["{ port: 1, models: [{ name: a, faults: [{ status: 200, rate: 1 }] }] }", "faults[0]"],
  ["{ port: 1, unknown_model: b, models: [{ name: a }] }", 'no model is named "b"'],
  ["port: [", "line 1: not valid YAML"],
])("%s is refused with its field", (text, said) => {
  expect(() => parseMockConfig(text, "mock.yaml")).toThrow(
    expect.objectContaining({ code: "config_invalid", detail: expect.stringContaining(said) }),
  );
});

test("a file that is not there is named", () => {
  expect(() => loadMockConfig("/nowhere/mock.yaml")).toThrow(
    expect.objectContaining({ code: "config_not_found" }),
  );
});

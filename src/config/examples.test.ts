import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { domainNames } from "../domains.ts";
import { loadConfig } from "./load.ts";
import { packageRoot } from "./paths.ts";

const folder = join(packageRoot, "config");
const env = { MODELS_PATH: "/models" };
const load = (name: string) => loadConfig(join(folder, name), env).config;

test.each(globSync("*.yaml", { cwd: folder }))("%s loads without a warning", (name) => {
  expect(loadConfig(join(folder, name), env).warnings).toEqual([]);
});

test.each(["default.yaml", "profile.yaml"])("every domain has a decision in %s", (name) => {
  const { decisions } = load(name);
  const claimed = decisions.flatMap(({ rules }) =>
    rules.conditions.flatMap((rule) => ("name" in rule ? [rule.name] : [])),
  );
  expect([...new Set(claimed)].sort()).toEqual([...domainNames]);
});

test("default.yaml chooses among the six models for each decision", () => {
  const { decisions, default_model, model_selection } = load("default.yaml");
  const six = [
    "Yi-34B",
    "mathstral-7B",
    "Phi-3-mini-4k-instruct",
    "Mixtral-8x7B-Instruct-v0.1",
    "Llama-3.1-8B-Instruct",
    "c4ai-command-r-v01",
  ];
  for (const { modelRefs } of decisions) expect(modelRefs.map(({ model }) => model)).toEqual(six);
  expect(decisions.map(({ name, algorithm }) => [name, algorithm.type])).toEqual([
    ["math", "svm"],
    ["code", "svm"],
    ["science", "kmeans"],
    ["engineering", "kmeans"],
    ["health", "svm"],
    ["business", "svm"],
    ["humanities", "kmeans"],
    ["general", "kmeans"],
  ]);
  expect(six).toContain(default_model);
  expect(model_selection.ml.models_path).toBeUndefined();
});

test("profile.yaml is upstream's profile", () => {
  const config = load("profile.yaml");
  expect(
    config.decisions.map(({ name, priority, rules, algorithm }) => [
      name,
      priority,
      rules.operator,
      algorithm.type,
    ]),
  ).toEqual([
    ["math_decision", 100, "AND", "knn"],
    ["code_decision", 100, "AND", "svm"],
    ["science_decision", 100, "OR", "kmeans"],
    ["health_decision", 100, "AND", "knn"],
    ["engineering_decision", 100, "AND", "svm"],
    ["business_decision", 100, "OR", "knn"],
    ["humanities_decision", 100, "OR", "knn"],
    ["general_decision", 1, "OR", "knn"],
  ]);
  for (const { modelRefs } of config.decisions) {
    expect(modelRefs.map(({ model, use_reasoning }) => [model, use_reasoning])).toEqual([
      ["llama-3.2-1b", false],
      ["llama-3.2-3b", false],
      ["codellama-7b", false],
      ["mistral-7b", false],
    ]);
  }
  expect(config.clear_route_cache).toBe(true);
  expect(config.model_selection.ml.models_path).toBe("/models");
  expect(config.classifier.category_model).toMatchObject({
    threshold: 0.6,
    fallback_category: "other",
  });
});

import { expect, test } from "vitest";
import { either, pathText, problemText } from "./problem.ts";

test.each([
  { path: [], want: "" },
  { path: ["default_model"], want: "default_model" },
  {
    path: ["decisions", 2, "modelRefs", 0, "model"],
    want: "decisions[2].modelRefs[0].model",
  },
  { path: ["model_config", "gpt-4.1", "pricing"], want: 'model_config["gpt-4.1"].pricing' },
  { path: ["model_config", 'a"]\n'], want: 'model_config["a\\"]\\n"]' },
])("the path $want", ({ path, want }) => {
  expect(pathText(path)).toBe(want);
});

test.each([
  { problem: { path: "a.b", line: 3, message: "is required" }, want: "f.yaml:3: a.b: is required" },
  { problem: { path: "", message: "the file is empty" }, want: "f.yaml: the file is empty" },
  { problem: { path: "", line: 2, message: "not YAML" }, want: "f.yaml:2: not YAML" },
])("a problem is one line: $want", ({ problem, want }) => {
  expect(problemText(problem, "f.yaml")).toBe(want);
});

test.each([
  { words: [], want: "" },
  { words: ["a"], want: "a" },
  { words: ["a", "b"], want: "a or b" },
  { words: ["a", "b", "c"], want: "a, b or c" },
])("either: $want", ({ words, want }) => {
  expect(either(words)).toBe(want);
});

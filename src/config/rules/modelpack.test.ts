import { expect, test } from "vitest";
import { inspectConfig } from "../inspect.ts";

const withCondition = (type: string, name: string, more = "modelpack: { path: models/pack }") =>
  `default_model: m
${more}
decisions:
  - name: d
    rules: { operator: OR, conditions: [{ type: ${type}, name: ${name} }] }
    modelRefs: [{ model: m }]
`;
const problemsOf = (text: string) =>
  inspectConfig(text, {}).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
const place = "5 decisions[0].rules.conditions[0]";

test.each(["query_domain", "Query_Domain"])("a condition on %s loads", (type) => {
  expect(problemsOf(withCondition(type, "finance"))).toEqual([]);
});

test.each([
  {
    case: "a misspelt task",
    text: withCondition("query_domian", "finance"),
    want: `${place}.type: 'query_domian' signals are not supported (did you mean 'query_domain'?)`,
  },
  {
    case: "a signal of the reference",
    text: withCondition("keyword", "x"),
    want: `${place}.type: 'keyword' signals are not supported; use domain, or a task of the model pack`,
  },
  {
    case: "a task of two texts",
    text: withCondition("supersession", "supersedes"),
    want: `${place}.type: 'supersession' compares two texts, and a request has one; ask it over POST /api/v1/modelpack/predict`,
  },
  {
    case: "a misspelt label",
    text: withCondition("query_domain", "finanze"),
    want: `${place}.name: unknown label 'finanze' of query_domain (did you mean 'finance'?)`,
  },
  {
    case: "an unknown label",
    text: withCondition("pii_presence", "yes"),
    want: `${place}.name: unknown label 'yes' of pii_presence; use pii or no_pii`,
  },
  {
    case: "a task without a pack",
    text: withCondition("query_domain", "finance", "modelpack: {}"),
    want: `${place}.type: 'query_domain' is a task of a model pack; name its folder in modelpack.path`,
  },
])("$case is refused at its line", ({ text, want }) => {
  expect(problemsOf(text)).toEqual([want]);
});

test("provider modelpack needs a pack", () => {
  const text = "default_model: m\nclassifier: { category_model: { provider: modelpack } }\n";
  expect(problemsOf(text)).toEqual([
    "2 classifier.category_model.provider: modelpack needs modelpack.path, the folder that modelpack train wrote",
  ]);
});

import { expect, test } from "vitest";
import { assertionsOf, codeRunner, extractCode } from "./code-eval.ts";
import type { Query } from "./queries.ts";
import { openSandbox } from "./sandbox.ts";

const query = (given: Partial<Query>): Query => ({ text: "q", fields: {}, ...given });

test.each([
  { case: "a python block", response: "So:\n```python\nx = 1\n```\nDone.", want: "x = 1\n" },
  { case: "py, in capitals", response: "```PY\nx = 1\n```", want: "x = 1\n" },
  {
    case: "all python blocks",
    response: "```python\na = 1\n```\nand\n```python\nb = a\n```",
    want: "a = 1\n\nb = a\n",
  },
  {
    case: "a python block after another",
    response: "```sh\npip\n```\n```python\nx = 1\n```",
    want: "x = 1\n",
  },
  { case: "a bare block", response: "```\nx = 1\n```", want: "x = 1\n" },
  {
    case: "a block that was cut off",
    response: "```python\ndef f():\n  return 1",
    want: "def f():\n  return 1",
  },
  {
    case: "an indented block's own indentation",
    response: "```python\n  x = 1\n```",
    want: "  x = 1\n",
  },
  {
    case: "no block",
    response: "Here it is:\nimport math\ndef f():\n  return 1\n\nIt returns 1.",
    want: "import math\ndef f():\n  return 1\n",
  },
  {
    case: "a decorator first",
    response: "@cache\ndef f():\n  return 1",
    want: "@cache\ndef f():\n  return 1",
  },
  { case: "no code", response: "I would define a function.", want: undefined },
  { case: "a word that only begins alike", response: "importantly, defer it", want: undefined },
])("$case is found", ({ response, want }) => {
  expect(extractCode(response)).toBe(want);
});

test.each([
  {
    case: "a list in the file",
    given: { assertions: ["assert f(1) == 1", "x = 2"] },
    want: ["assert f(1) == 1"],
  },
  {
    case: "JSON",
    given: { groundTruth: '["assert f(1) == 1", "assert f(2)"]' },
    want: ["assert f(1) == 1", "assert f(2)"],
  },
  {
    case: "Python's quotes",
    given: { groundTruth: `['assert f("a") == 1', "assert g('b')"]` },
    want: ['assert f("a") == 1', "assert g('b')"],
  },
  {
    case: "Python's escapes",
    given: { groundTruth: String.raw`['assert f(\'a\') == "\\n\x41"']` },
    want: [String.raw`assert f('a') == "\nA"`],
  },
  { case: "one assertion", given: { groundTruth: "assert f(1)" }, want: ["assert f(1)"] },
  { case: "no list", given: { groundTruth: "__import__('os').system('true')" }, want: [] },
  {
    case: "a list that would be run",
    given: { groundTruth: "[__import__('os').system('true')]" },
    want: [],
  },
  { case: "nothing", given: {}, want: [] },
])("assertions: $case", ({ given, want }) => {
  expect(assertionsOf(query(given))).toEqual(want);
});

const sandbox = await openSandbox().catch(() => undefined);
const signal = new AbortController().signal;

test.skipIf(!sandbox).each([
  { case: "all", response: "```python\ndef f(x):\n  return x * x\n```", want: 1 },
  { case: "half", response: "```python\ndef f(x):\n  return x + x\n```", want: 0.5 },
  { case: "none", response: "```python\ndef g(x):\n  return x\n```", want: 0 },
  { case: "no code", response: "I cannot.", want: 0 },
])("the share of assertions that hold: $case", async ({ response, want }) => {
  if (!sandbox) throw new Error("unreachable: skipped");
  const run = codeRunner(sandbox);
  const assertions = ["assert f(2) == 4", "assert f(3) == 9"];
  expect(await run(response, query({ assertions }), signal)).toBe(want);
  expect(await run(response, query({ groundTruth: "square" }), signal)).toBeUndefined();
});

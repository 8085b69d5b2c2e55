import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { metricOf, score } from "./score.ts";

type Case = readonly [
  metric: string,
  response: string,
  truth: string,
  want: number | null,
  choices: readonly string[],
];

const cases: readonly Case[] = readFileSync(
  new URL("fixtures/scoring.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line))
  .map(([metric, response, truth, want, choices = []]) => [metric, response, truth, want, choices]);

test("the table has at least 200 cases, each once", () => {
  expect(new Set(cases.map((one) => JSON.stringify(one))).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThanOrEqual(200);
});

test.each(cases)("%s: %j for %j is %j %j", (metric, response, groundTruth, want, choices) => {
  const found = score(response, { metric, groundTruth, choices });
  if (want === null) expect(found).toBeUndefined();
  else expect(found).toBeCloseTo(want, 9);
});

test.each([
  { question: {}, want: "cem" },
  { question: { metric: "anything" }, want: "cem" },
  { question: { metric: "gsm8k" }, want: "gsm8k" },
  { question: { metric: "GSM8K" }, want: "gsm8k" },
  { question: { choices: ["x"] }, want: "em_mc" },
  { question: { choices: [] }, want: "cem" },
  { question: { metric: "CEM", choices: ["x"] }, want: "em_mc" },
  { question: { metric: "code_eval", choices: ["x"] }, want: "code_eval" },
])("the metric of $question is $want", ({ question, want }) => {
  expect(metricOf(question)).toBe(want);
});

test("a question without a truth has no score, and code is never scored by its text", () => {
  expect(score("Paris", {})).toBeUndefined();
  expect(score("assert f()", { metric: "code_eval", groundTruth: "assert f()" })).toBeUndefined();
});

const metrics = ["em_mc", "GSM8K", "MATH", "f1_score", "commongen_coverage", "CEM"];

test.each(metrics)(
  "%s gives 0 to 1 or nothing for any texts, and 1 for the truth itself",
  (metric) => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."aAB1.,-#$\\{}() \n"), maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, text, (response, groundTruth) => {
        const found = score(response, { metric, groundTruth });
        if (found !== undefined) expect(found >= 0 && found <= 1).toBe(true);
        if (groundTruth.trim() !== "") expect(score(groundTruth, { metric, groundTruth })).toBe(1);
      }),
    );
  },
);

test.each(metrics)("%s reads a long response in a time that grows with its length", (metric) => {
  for (const piece of ["1,", "((", "\\boxed{", "answer is ", "a ", "$", "-", "A) ", "\n", "9"]) {
    const response = piece.repeat(100_000 / piece.length);
    expect(score(response, { metric, groundTruth: "B, 2" })).not.toBe(1);
  }
});

import { expect, test } from "vitest";
import { consoleText } from "./console-text.ts";
import type { StrategyFigures } from "./figures.ts";
import { markdownOf } from "./markdown.ts";
import { cautionsOf, gateOf } from "./report.ts";
import { reportOf } from "./testing/report.ts";

const clean = { verdict: "none", by: "texts", seen: 0, counted: false } as const;
const selector = (
  name: string,
  category: "record" | "predicted",
  mean: number,
  low: number,
): StrategyFigures => {
  const gain = { mean, low, high: mean, count: 9 };
  return {
    ...{ name, kind: "selector", algorithm: "knn", category, gain, overTable: gain },
    ...{
      queries: 9,
      quality: 0.5,
      bestShare: 0.5,
      gapClosed: 0,
      regret: 0,
      shares: {},
      domains: {},
    },
  };
};

test.each([
  { failUnder: 2, passed: true },
  { failUnder: 2.1, passed: false },
  { failUnderLower: 1, passed: true },
  { failUnderLower: 1.1, passed: false },
  { failUnder: 1, failUnderLower: 1.5, passed: false },
])("the gate looks at every selector's predicted category: %o", ({ passed, ...limits }) => {
  const strategies = [
    selector("KNN Selection", "record", -1, -1),
    selector("KNN Selection (predicted)", "predicted", 0.02, 0.01),
    selector("SVM Selection (predicted)", "predicted", 0.05, 0.04),
  ];
  expect(gateOf(strategies, clean, limits)?.passed).toBe(passed);
});

test("no limit, no gate; no selector or counted leaks, no pass", () => {
  const good = [selector("KNN Selection (predicted)", "predicted", 1, 1)];
  expect(gateOf(good, clean, {})).toBeUndefined();
  expect(gateOf([], clean, { failUnder: 0 })?.passed).toBe(false);
  const leaky = { verdict: "some", by: "texts", seen: 3, counted: true } as const;
  expect(gateOf(good, leaky, { failUnder: 0 })).toMatchObject({
    ...{ passed: false, refusal: "3 of the queries were trained on and are counted" },
  });
});

test("what is doubtful is said: leaks, a best single model of the test, selectors that learned nothing", () => {
  const strategies = [
    selector("KNN Selection", "record", -0.01, -0.02),
    selector("SVM Selection", "record", 0.01, -0.002),
    selector("KMEANS Selection", "record", 0.01, 0.002),
  ];
  const base = { strategies, bestSingle: "a", bestSingleBy: "training file" } as const;
  const [first, second, ...more] = cautionsOf({ ...base, leakage: clean });
  expect(first).toContain("KNN Selection does not beat the category table (-1.00 [-2.00, -1.00])");
  expect(second).toContain("SVM Selection is ahead of the category table by +1.00 [-0.20, +1.00]");
  expect(more).toEqual([]);
  const unknown = { verdict: "unknown", by: "nothing", seen: 0, counted: false } as const;
  const [loud, single] = cautionsOf({ ...base, bestSingleBy: "test queries", leakage: unknown });
  expect(loud).toMatch(/^LEAKAGE UNKNOWN/);
  expect(single).toContain("chosen on the test queries");
});

test("the seeds' table, under its names", () => {
  const lines = consoleText(reportOf(["small", "medium", "large"], { failUnder: 1 })).split("\n");
  expect(lines[0]).toBe("Validation Results (4 test queries, 3 models)");
  expect(lines[2]).toMatch(/^Strategy +Avg Quality +Avg Latency +Best Model %$/);
  expect(lines.some((line) => /^Oracle \(best\) +1\.000 +- +100\.0%$/.test(line))).toBe(true);
  for (const name of ["KNN Selection", "KMEANS Selection", "SVM Selection", "Random Selection"]) {
    expect(lines.filter((line) => line.startsWith(`${name} `)).length).toBeGreaterThan(0);
  }
  expect(lines.filter((line) => line.startsWith("Always "))).toHaveLength(3);
  expect(lines).toContain("ML Routing Benefit:");
  expect(
    lines.some((line) =>
      /^- KNN Selection improves quality by [+-]\d+\.\d% over random$/.test(line),
    ),
  ).toBe(true);
  expect(lines.some((line) => /^Gate \(gain >= 1 points\): (passed|FAILED)/.test(line))).toBe(true);
});

test("names of models are data: they move no cursor, end no cell and begin no markup", () => {
  const hostile = ["a\u001b[31m|b\n# c", "<script>alert(1)</script>", "[x](javascript:1)"] as const;
  const report = reportOf(hostile);
  expect(consoleText(report)).not.toContain("\u001b");
  expect(consoleText(report)).not.toContain("\n# c");
  const markdown = markdownOf(report);
  expect(markdown).not.toContain("<script");
  expect(markdown).not.toContain("\n# c");
  expect(markdown).not.toMatch(/[^\\]\]\(javascript/);
  expect(markdown).not.toContain("\u001b");
  const rows = markdown.split("\n").filter((line) => line.startsWith("| Always "));
  expect(rows).toHaveLength(3);
  for (const row of rows) expect(row.replaceAll(/\\\|/g, "").split("|")).toHaveLength(9);
});

import { expect, test } from "vitest";
import type { Signal } from "../classify/signal.ts";
import type { Decision, Rule } from "../config/schema.ts";
import { decide } from "./decide.ts";

const leaf = (name: string): Rule => ({ type: "domain", name });
const any = (...names: string[]): Rule => ({ operator: "OR", conditions: names.map(leaf) });
const all = (...conditions: Rule[]): Rule => ({ operator: "AND", conditions });
const not = (condition: Rule): Rule => ({ operator: "NOT", conditions: [condition] });
const decision = (name: string, rules: Rule, priority = 0): Decision => ({
  name,
  priority,
  rules: rules as Decision["rules"],
  modelRefs: [{ model: "m", use_reasoning: false }],
  algorithm: { type: "static" },
});
const signal = (name: string, confidence = 0.9): Signal => ({ type: "domain", name, confidence });

test.each([
  {
    case: "the highest priority wins",
    decisions: [decision("a", any("math")), decision("b", any("math", "law"), 5)],
    want: "b",
  },
  {
    case: "the first of equals wins",
    decisions: [decision("a", any("math")), decision("b", any("math"))],
    want: "a",
  },
  {
    case: "what does not match never wins, whatever its priority",
    decisions: [decision("a", any("law"), 100), decision("b", any("math"))],
    want: "b",
  },
  {
    case: "AND needs all",
    decisions: [decision("a", all(leaf("math"), leaf("law")))],
    want: undefined,
  },
  {
    case: "nested rules",
    decisions: [decision("a", all(any("law", "math"), not(any("history"))))],
    want: "a",
  },
  { case: "NOT refuses", decisions: [decision("a", all(not(leaf("math"))))], want: undefined },
  { case: "no decisions", decisions: [], want: undefined },
])("$case", ({ decisions, want }) => {
  expect(decide(decisions, [signal("math")], "priority")?.decision.name).toBe(want);
});

test("strategy confidence takes the surest, priority aside", () => {
  const decisions = [
    decision("low", all(leaf("math"), leaf("area")), 100),
    decision("high", any("math")),
  ];
  const signals = [signal("math", 0.9), signal("area", 0.5)];
  expect(decide(decisions, signals, "confidence")?.decision.name).toBe("high");
  expect(decide(decisions, signals, "priority")?.decision.name).toBe("low");
});

test("confidence is the mean of AND, the maximum of OR, 1 of NOT", () => {
  const signals = [signal("math", 0.9), signal("area", 0.5)];
  const confidence = (rules: Rule) =>
    decide([decision("d", rules)], signals, "priority")?.confidence;
  expect(confidence(all(leaf("math"), leaf("area")))).toBeCloseTo(0.7);
  expect(confidence(any("area", "math", "law"))).toBe(0.9);
  expect(confidence(all(not(leaf("law"))))).toBe(1);
});

test("matched rules are listed in the order of the file", () => {
  const match = decide(
    [decision("d", any("area", "law", "math"))],
    [signal("math"), signal("area")],
    "priority",
  );
  expect(match?.matchedRules).toEqual(["domain:area", "domain:math"]);
});

/** Answers for tasks, and which were asked. */
function tasks(said: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  return {
    asked,
    ask(type: string, name: string): Signal | undefined {
      asked.push(type);
      return said[type] === name ? { type, name, confidence: 0.8 } : undefined;
    },
  };
}
const task = (type: string, name: string): Rule => ({ type, name });

test("a condition on a task holds by its label, beside conditions on the domain", () => {
  const decisions = [decision("a", all(leaf("math"), task("query_intent", "planning")))];
  const { ask } = tasks({ query_intent: "planning" });
  expect(decide(decisions, [signal("math", 0.6)], "priority", ask)).toMatchObject({
    confidence: 0.7,
    matchedRules: ["domain:math", "query_intent:planning"],
  });
  const other = tasks({ query_intent: "factual" });
  expect(decide(decisions, [signal("math")], "priority", other.ask)).toBeUndefined();
});

test("a task is asked only where a decision depends on it", () => {
  const behind = decision("behind", all(task("pii_presence", "pii")), 1);
  const never = tasks({});
  const first = [behind, decision("first", any("math"), 5)];
  expect(decide(first, [signal("math")], "priority", never.ask)?.decision.name).toBe("first");
  const and = [decision("and", all(leaf("law"), task("query_intent", "planning")))];
  expect(decide(and, [signal("math")], "priority", never.ask)).toBeUndefined();
  expect(never.asked).toEqual([]);
  expect(decide(first, [signal("law")], "priority", never.ask)).toBeUndefined();
  expect(never.asked).toEqual(["pii_presence"]);
});

import type { Signal } from "../classify/signal.ts";
import type { Decision, Rule } from "../config/schema.ts";

/** A decision whose rules hold, and how surely. */
export interface DecisionMatch {
  readonly decision: Decision;
  /** 0 to 1: a leaf has its signal's confidence, AND the mean, OR the maximum, NOT 1. */
  readonly confidence: number;
  /** `domain:math` for every condition that held, in the order of the file. */
  readonly matchedRules: readonly string[];
}

interface Held {
  readonly confidence: number;
  readonly matchedRules: readonly string[];
}

/** A signal that costs something to find out: it is asked for only where a decision may depend on it. */
type Ask = (type: string, name: string) => Signal | undefined;

const unknown: Ask = () => undefined;

/**
 * The matching decision of highest priority, or of highest confidence; earlier in the file wins a tie.
 * `undefined` when none matches. Under strategy priority what comes after the match is not looked at, and AND ends with
 * the first condition that does not hold: so `ask`, for signals other than the domain, is seldom called.
 */
export function decide(
  decisions: readonly Decision[],
  signals: readonly Signal[],
  strategy: "priority" | "confidence",
  ask: Ask = unknown,
): DecisionMatch | undefined {
  const find: Ask = (type, name) =>
    type === "domain"
      ? signals.find((one) => one.type === type && one.name === name)
      : ask(type, name);
  let best: DecisionMatch | undefined;
  for (const decision of strategy === "priority" ? byPriority(decisions) : decisions) {
    const held = holds(decision.rules, find);
    if (!held) continue;
    const match = { decision, ...held };
    if (strategy === "priority") return match;
    if (!best || match.confidence > best.confidence) best = match;
  }
  return best;
}

/** The highest first, equals in the order of the file; sorted once for a configuration. */
function byPriority(decisions: readonly Decision[]): readonly Decision[] {
  const known = sorted.get(decisions);
  if (known) return known;
  const made = decisions.toSorted((a, b) => b.priority - a.priority);
  sorted.set(decisions, made);
  return made;
}

const sorted = new WeakMap<readonly Decision[], readonly Decision[]>();

function holds(rule: Rule, find: Ask): Held | undefined {
  if ("type" in rule) {
    const signal = find(rule.type, rule.name);
    return signal && { confidence: signal.confidence, matchedRules: [`${rule.type}:${rule.name}`] };
  }
  const matching: Held[] = [];
  for (const condition of rule.conditions) {
    const held = holds(condition, find);
    if (held) matching.push(held);
    else if (rule.operator === "AND") return undefined;
  }
  const matchedRules = matching.flatMap((one) => one.matchedRules);
  switch (rule.operator) {
    case "AND":
      return { confidence: mean(matching.map((one) => one.confidence)), matchedRules };
    case "OR":
      if (matching.length === 0) return undefined;
      return { confidence: Math.max(...matching.map((one) => one.confidence)), matchedRules };
    case "NOT":
      return matching.length === 0 ? { confidence: 1, matchedRules: [] } : undefined;
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

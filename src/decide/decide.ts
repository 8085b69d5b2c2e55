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

/**
 * The matching decision of highest priority, or of highest confidence; earlier in the file wins a tie.
 * `undefined` when none matches.
 */
export function decide(
  decisions: readonly Decision[],
  signals: readonly Signal[],
  strategy: "priority" | "confidence",
): DecisionMatch | undefined {
  let best: DecisionMatch | undefined;
  for (const decision of decisions) {
    const held = holds(decision.rules, signals);
    if (!held) continue;
    const match = { decision, ...held };
    if (!best || rank(match, strategy) > rank(best, strategy)) best = match;
  }
  return best;
}

const rank = (match: DecisionMatch, strategy: "priority" | "confidence"): number =>
  strategy === "priority" ? match.decision.priority : match.confidence;

function holds(rule: Rule, signals: readonly Signal[]): Held | undefined {
  if ("type" in rule) {
    const signal = signals.find(({ type, name }) => type === rule.type && name === rule.name);
    return signal && { confidence: signal.confidence, matchedRules: [`${rule.type}:${rule.name}`] };
  }
  const held = rule.conditions.map((condition) => holds(condition, signals));
  const matching = held.filter((one) => one !== undefined);
  const matchedRules = matching.flatMap((one) => one.matchedRules);
  switch (rule.operator) {
    case "AND":
      if (matching.length < held.length) return undefined;
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

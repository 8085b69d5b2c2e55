import { findTask, taskNames } from "../tasks.ts";
import type { Issue } from "./issues.ts";
import { didYouMean } from "./nearest.ts";
import { either, type Path, pathText } from "./problem.ts";
import { Algorithm } from "./schema.ts";
import { type Tree, valueAt } from "./tree.ts";

/** Algorithms of the reference, so that its users read "unsupported" and not "misspelt". */
const algorithmsOfUpstream: readonly unknown[] = [
  "mlp",
  "elo",
  "router_dc",
  "automix",
  "hybrid",
  "rl_driven",
  "gmtrouter",
  "latency_aware",
  "session_aware",
  "multi_factor",
  "prompt",
  "confidence",
  "ratings",
  "remom",
  "fusion",
  "workflows",
];

/** Tasks of one text follow the domain; they are listed only where one of them was probably meant. */
function unknownSignal(type: string): string {
  if (findTask(type)?.family === "pair") {
    return `'${type}' compares two texts, and a request has one; ask it over POST /api/v1/modelpack/predict`;
  }
  const meant = didYouMean(type, taskNames);
  return meant === ""
    ? `'${type}' signals are not supported; use domain, or a task of the model pack`
    : `'${type}' signals are not supported${meant}`;
}

type Sentence = (at: { path: Path; tree: Tree; value: Tree }) => string | undefined;

/** What is said of these places instead of the general sentence. Those of modelRefs are upstream's, word for word. */
const sentences: Readonly<Record<string, Partial<Record<Issue["code"] | "missing", Sentence>>>> = {
  default_model: both(
    "missing",
    "too_small",
    () => "is not set; it is used when no decision matches and when routing fails",
  ),
  "decisions[].modelRefs": both(
    "missing",
    "too_small",
    (at) =>
      `decision '${decisionName(at)}' has no modelRefs defined - each decision must have at least one model`,
  ),
  "decisions[].modelRefs[]": {
    invalid_type: ({ value }) =>
      typeof value === "string" ? `must be a mapping; write - model: ${value}` : undefined,
  },
  "decisions[].modelRefs[].model": both(
    "missing",
    "too_small",
    (at) => `decision '${decisionName(at)}', modelRefs[${at.path[3]}]: model name cannot be empty`,
  ),
  "decisions[].algorithm.type": {
    invalid_value: (at) =>
      algorithmsOfUpstream.includes(at.value)
        ? `decision '${decisionName(at)}': unsupported algorithm.type=${at.value}; use ${either(Algorithm.shape.type.unwrap().options)}`
        : undefined,
  },
  "rule.type": {
    invalid_value: ({ value }) => unknownSignal(String(value)),
  },
};

export function specialSentence(issue: Issue, tree: Tree, value: Tree): string | undefined {
  const code = value === undefined ? "missing" : issue.code;
  return sentences[placeOf(issue.path)]?.[code]?.({ path: issue.path, tree, value });
}

/** A path for every item of a list and every depth of a rule. */
const placeOf = (path: Path): string =>
  pathText(path)
    .replace(/\[\d+\]/g, "[]")
    .replace(/^decisions\[\]\.rules(\.conditions\[\])+/, "rule");

function decisionName({ path, tree }: { path: Path; tree: Tree }): string {
  const name = valueAt(tree, [...path.slice(0, 2), "name"]);
  return typeof name === "string" ? name : `#${path[1]}`;
}

function both<K extends string>(one: K, other: K, sentence: Sentence): Record<K, Sentence> {
  return { [one]: sentence, [other]: sentence } as Record<K, Sentence>;
}

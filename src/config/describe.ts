import type { Substitution } from "./environment.ts";
import type { Issue } from "./issues.ts";
import { suggestionFor } from "./known-keys.ts";
import { didYouMean } from "./nearest.ts";
import { either, type Path, type Problem, pathText } from "./problem.ts";
import { isSecret } from "./secret.ts";
import { specialSentence } from "./sentences.ts";
import { isMapping, type Tree, valueAt } from "./tree.ts";

/** Longer values are cut: a message is read in a terminal. */
const maxShown = 60;

/** What an operator reads instead of the validator's issue; several problems for several unknown keys. */
export function problemsOf(
  issue: Issue,
  tree: Tree,
  substitutions: ReadonlyMap<string, Substitution>,
): readonly Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key${suggestionFor(path, key)}`,
    }));
  }
  const value = valueAt(tree, path);
  const special = specialSentence(issue, tree, value);
  if (special !== undefined) return [{ path, message: special }];
  if (value === undefined) return [{ path, message: "is required" }];
  const shown = shownValue(value, path, substitutions.get(pathText(path)));
  return [{ path, message: sentence(issue, value, shown) }];
}

function sentence(issue: Issue, value: Tree, shown: string): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? issue.expected}, not ${shown}${typeHint(issue.expected, value)}`;
    case "invalid_value": {
      const words = issue.values.map(String);
      const suggestion = typeof value === "string" ? didYouMean(value, words) : "";
      return `must be ${either(words)}, not ${shown}${suggestion}`;
    }
    case "too_small":
      if (issue.origin === "string") return "must not be empty";
      if (issue.origin === "array") return "must have at least one entry";
      return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}, not ${shown}`;
    case "too_big":
      return `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}, not ${shown}`;
    case "invalid_key":
      return "the key must not be empty";
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

const typeHint = (expected: string, value: Tree): string =>
  expected === "string" && (typeof value === "number" || typeof value === "boolean")
    ? " (put it in quotes)"
    : "";

/** Secrets, and whatever came out of the environment and may be one, are named but not shown. */
function shownValue(value: Tree, path: Path, substitution: Substitution | undefined): string {
  if (substitution) return `the value of ${substitution.variables.join(" and ")}`;
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  if (value === null) return "nothing";
  if (isSecret(path)) return `a ${typeof value}`;
  const text = String(value);
  const cut = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  return typeof value === "string" ? `'${cut}'` : cut;
}

import { problemsOf } from "./describe.ts";
import type { Substitution } from "./environment.ts";
import { type Issue, plainIssues } from "./issues.ts";
import { type Problem, pathText } from "./problem.ts";
import { repaired } from "./repair.ts";
import { RouterConfig } from "./schema.ts";
import { type Tree, valueAt, withValueAt } from "./tree.ts";
import { readScalar } from "./yaml.ts";

/** A repair can uncover what stood below it: a list gets an item, the item its keys. More levels than that do not help. */
const maxRepairs = 8;

export interface Shape {
  /** The configuration; when there are problems a repaired one, good for further checks alone. */
  readonly draft: RouterConfig | undefined;
  readonly problems: readonly Problem[];
}

/** Are the right things in the right places? */
export function checkShape(tree: Tree, substitutions: ReadonlyMap<string, Substitution>): Shape {
  const typed = withScalarsOf(substitutions, tree);
  const { draft, issues } = parse(typed);
  const problems = issues.flatMap((issue) => problemsOf(issue, typed, substitutions));
  return { draft: draft ?? repair(typed), problems };
}

function parse(tree: Tree): { draft?: RouterConfig; issues: readonly Issue[] } {
  const result = RouterConfig.safeParse(tree);
  if (result.success) return { draft: result.data, issues: [] };
  return { issues: plainIssues(result.error.issues) };
}

/** What the environment gives is text; where a number or a boolean is wanted it is read as YAML would read it. */
function withScalarsOf(substitutions: ReadonlyMap<string, Substitution>, tree: Tree): Tree {
  if (substitutions.size === 0) return tree;
  return parse(tree).issues.reduce((typed, issue) => {
    const wanted =
      issue.code === "invalid_type" && ["number", "int", "boolean"].includes(issue.expected);
    if (!wanted || !substitutions.get(pathText(issue.path))?.whole) return typed;
    return withValueAt(typed, issue.path, readScalar(String(valueAt(typed, issue.path))));
  }, tree);
}

function repair(tree: Tree): RouterConfig | undefined {
  let patched = tree;
  for (let i = 0; i < maxRepairs; i++) {
    const { draft, issues } = parse(patched);
    if (draft) return draft;
    patched = repaired(patched, issues);
  }
  return undefined;
}

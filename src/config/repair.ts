import type { Issue } from "./issues.ts";
import type { Path } from "./problem.ts";
import { isMapping, type Tree, valueAt } from "./tree.ts";

/**
 * A copy with something of the right form wherever an issue is, so that the rest of the file can be checked too and the
 * operator reads every problem at once. What it holds is never served.
 */
export function repaired(tree: Tree, issues: readonly Issue[]): Tree {
  // One copy for all: a file may have thousands of issues.
  const root = { tree: structuredClone(tree) };
  for (const issue of issues) {
    const path = ["tree", ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) remove(root, [...path, key]);
    } else {
      const filler = fillerOf(issue);
      if (filler === undefined) remove(root, path);
      else put(root, path, filler);
    }
  }
  return root.tree;
}

/** Nothing where the key had better be left out, so that its default comes in. */
function fillerOf(issue: Issue): Tree {
  switch (issue.code) {
    case "invalid_value":
      return issue.values[0];
    case "invalid_type":
      if (issue.expected === "string") return "?";
      if (issue.expected === "array") return [];
      return issue.expected === "object" || issue.expected === "record" ? {} : undefined;
    case "too_small":
      if (issue.origin === "string") return "?";
      return issue.origin === "array" ? [undefined] : undefined;
    default:
      return undefined;
  }
}

function put(root: Tree, path: Path, value: Tree): void {
  const parent = valueAt(root, path.slice(0, -1));
  const step = path.at(-1);
  if (typeof parent !== "object" || parent === null || step === undefined) return;
  (parent as Record<string | number, Tree>)[step] = value;
}

function remove(root: Tree, path: Path): void {
  const parent = valueAt(root, path.slice(0, -1));
  if (isMapping(parent)) delete parent[String(path.at(-1))];
}

import type { Path } from "./problem.ts";

/** What YAML makes of a file, before anyone has said what it should be. */
export type Tree = unknown;

export type Mapping = Record<string, Tree>;

export const isMapping = (tree: Tree): tree is Mapping =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree);

/** A copy in which `change` has replaced the scalars. */
export function mapScalars(
  tree: Tree,
  change: (scalar: Tree, path: Path) => Tree,
  path: Path = [],
): Tree {
  if (Array.isArray(tree)) return tree.map((item, i) => mapScalars(item, change, [...path, i]));
  if (!isMapping(tree)) return change(tree, path);
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, mapScalars(value, change, [...path, key])]),
  );
}

export function valueAt(tree: Tree, path: Path): Tree {
  let value = tree;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<string | number, Tree>)[step];
  }
  return value;
}

/** A copy with another value at `path`. The containers on the way must be there. */
export function withValueAt(tree: Tree, path: Path, value: Tree): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const copy: Tree = Array.isArray(tree) ? [...tree] : { ...(tree as Mapping) };
  (copy as Record<string | number, Tree>)[step] = withValueAt(valueAt(tree, [step]), rest, value);
  return copy;
}

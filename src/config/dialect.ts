import type { Problem } from "./problem.ts";
import { isMapping, type Tree } from "./tree.ts";

/** Files that are right for something else, told apart by keys that ours never has. */
const others: readonly { readonly what: string; readonly keys: readonly string[] }[] = [
  {
    what: "the canonical layout (version: v0.3, providers, routing, global)",
    keys: ["version", "providers", "routing", "global"],
  },
  { what: "a Kubernetes resource", keys: ["apiVersion", "kind"] },
  { what: "a Helm values file, whose `config` may be what is wanted", keys: ["config"] },
];

const ours =
  "signalbox reads the flat layout, with decisions, default_model and model_config at the top level; " +
  "config/default.yaml shows it";

/** One clear problem instead of an unknown key for every line. */
export function dialectProblem(tree: Tree): Problem | undefined {
  if (!isMapping(tree)) {
    const kind = Array.isArray(tree) ? "a list" : "a single value";
    return { path: [], message: `the file holds ${kind} instead of keys; ${ours}` };
  }
  if ("decisions" in tree || "default_model" in tree) return undefined;
  const other = others.find(({ keys }) => keys.some((key) => key in tree));
  const path = other?.keys.filter((key) => key in tree).slice(0, 1) ?? [];
  return other && { path, message: `this is ${other.what}; ${ours}` };
}

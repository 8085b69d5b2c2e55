import type { Path } from "../problem.ts";
import type { RouterConfig, Rule } from "../schema.ts";

interface Placed {
  readonly rule: Rule;
  readonly path: Path;
  /** 1 for the node that `rules` itself is. */
  readonly depth: number;
}

/** Every leaf and node of every decision's rules, in the order of the file. */
export function everyRule({ decisions }: RouterConfig): readonly Placed[] {
  return decisions.flatMap(({ rules }, i) => below(rules, ["decisions", i, "rules"], 1));
}

function below(rule: Rule, path: Path, depth: number): readonly Placed[] {
  const children = "conditions" in rule ? rule.conditions : [];
  return [
    { rule, path, depth },
    ...children.flatMap((child, i) => below(child, [...path, "conditions", i], depth + 1)),
  ];
}

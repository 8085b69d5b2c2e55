import type { Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";
import { everyRule } from "./conditions.ts";

/** Nobody reads rules that are deeper, and every request walks them. */
const maxDepth = 16;

export function nestingIsShallow(config: RouterConfig): readonly Problem[] {
  return everyRule(config)
    .filter(({ rule, depth }) => "operator" in rule && depth === maxDepth + 1)
    .map(({ path }) => ({
      path,
      message: `rules are nested more than ${maxDepth} deep; split the decision`,
    }));
}

export function notHasOneCondition(config: RouterConfig): readonly Problem[] {
  return everyRule(config).flatMap(({ rule, path }) =>
    "operator" in rule && rule.operator === "NOT" && rule.conditions.length !== 1
      ? [
          {
            path: [...path, "conditions"],
            message: `NOT takes exactly one condition, not ${rule.conditions.length}; join them with AND or OR below it`,
          },
        ]
      : [],
  );
}

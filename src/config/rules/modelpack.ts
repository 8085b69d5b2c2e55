import { findTask } from "../../tasks.ts";
import { didYouMean } from "../nearest.ts";
import { either, type Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";
import { everyRule } from "./conditions.ts";

/** A label that its task does not have would never be said. */
export function taskLabelsAreKnown(config: RouterConfig): readonly Problem[] {
  return everyRule(config).flatMap(({ rule, path }) => {
    const labels = "type" in rule ? findTask(rule.type)?.labels : undefined;
    if (!("type" in rule) || !labels || labels.includes(rule.name)) return [];
    const remedy = didYouMean(rule.name, labels) || `; use ${either(labels)}`;
    return [
      { path: [...path, "name"], message: `unknown label '${rule.name}' of ${rule.type}${remedy}` },
    ];
  });
}

export function modelPackIsNamed(config: RouterConfig): readonly Problem[] {
  if (config.modelpack.path !== undefined) return [];
  const asking = everyRule(config).filter(({ rule }) => "type" in rule && findTask(rule.type));
  const provider = config.classifier.category_model.provider === "modelpack";
  return [
    ...asking.map(({ rule, path }) => ({
      path: [...path, "type"],
      message: `'${"type" in rule ? rule.type : ""}' is a task of a model pack; name its folder in modelpack.path`,
    })),
    ...(provider
      ? [
          {
            path: ["classifier", "category_model", "provider"],
            message: "modelpack needs modelpack.path, the folder that modelpack train wrote",
          },
        ]
      : []),
  ];
}

import { domainNames } from "../../domains.ts";
import { didYouMean } from "../nearest.ts";
import { either, type Path, type Problem } from "../problem.ts";
import type { RouterConfig } from "../schema.ts";
import { everyRule } from "./conditions.ts";

/** A misspelt domain would never match, and nothing would ever say so. */
export function domainsAreKnown(config: RouterConfig): readonly Problem[] {
  const { fallback_category } = config.classifier.category_model;
  const names = [...domainNames, ...config.categories.map(({ name }) => name)];
  const named = (name: string, path: Path): readonly Problem[] =>
    names.includes(name) ? [] : [unknown(name, path, names, ", or define it under categories")];
  const domain = (name: string, path: Path): readonly Problem[] =>
    domainNames.some((one) => one === name) ? [] : [unknown(name, path, domainNames)];
  return [
    ...everyRule(config).flatMap(({ rule, path }) =>
      "type" in rule && rule.type === "domain" ? named(rule.name, [...path, "name"]) : [],
    ),
    ...config.categories.flatMap(({ mmlu_categories = [] }, i) =>
      mmlu_categories.flatMap((name, j) => domain(name, ["categories", i, "mmlu_categories", j])),
    ),
    ...named(fallback_category, ["classifier", "category_model", "fallback_category"]),
  ];
}

function unknown(name: string, path: Path, names: readonly string[], otherwise = ""): Problem {
  const remedy = didYouMean(name, names) || `; use ${either(names)}${otherwise}`;
  return { path, message: `unknown domain '${name}'${remedy}` };
}

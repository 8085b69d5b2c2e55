import { candidateName, type RouterConfig } from "./schema.ts";

/** Every model that the configuration names, once, sorted. */
export function configuredModels(config: RouterConfig): string[] {
  const names = new Set([config.default_model, ...Object.keys(config.model_config)]);
  for (const decision of config.decisions) {
    for (const ref of decision.modelRefs) names.add(candidateName(ref));
  }
  return [...names].sort();
}

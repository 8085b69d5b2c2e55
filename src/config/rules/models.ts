import { didYouMean } from "../nearest.ts";
import { either, type Problem } from "../problem.ts";
import { candidateName, type ModelRef, type RouterConfig } from "../schema.ts";

/** A selector would count its votes twice, or for the first alone. */
export function modelsStandOnce({ decisions }: RouterConfig): readonly Problem[] {
  return decisions.flatMap(({ name, modelRefs }, i) => {
    const candidates = modelRefs.map(candidateName);
    return candidates.flatMap((candidate, j) => {
      const first = candidates.indexOf(candidate);
      if (first === j) return [];
      const message = `decision '${name}': '${candidate}' is already modelRefs[${first}]; remove one`;
      return [{ path: ["decisions", i, "modelRefs", j], message }];
    });
  });
}

/** The sentences are upstream's, word for word. */
export function lorasExist({ decisions, model_config }: RouterConfig): readonly Problem[] {
  return decisions.flatMap(({ name, modelRefs }, i) =>
    modelRefs.flatMap((ref, j) => {
      const fault = loraFault(ref, model_config);
      if (fault === undefined) return [];
      const path = ["decisions", i, "modelRefs", j, "lora_name"];
      return [{ path, message: `decision '${name}', model '${ref.model}': ${fault}` }];
    }),
  );
}

function loraFault(
  { model, lora_name }: ModelRef,
  models: RouterConfig["model_config"],
): string | undefined {
  if (lora_name === undefined) return undefined;
  if (!Object.hasOwn(models, model))
    return `lora_name '${lora_name}' specified but model '${model}' is not defined in model_config`;
  const names = models[model]?.loras?.map((lora) => lora.name) ?? [];
  if (names.length === 0)
    return `lora_name '${lora_name}' specified but model '${model}' has no loras defined in model_config`;
  if (names.includes(lora_name)) return undefined;
  return `lora_name '${lora_name}' is not defined in model '${model}' loras. Available LoRAs: [${names.join(" ")}]`;
}

export function endpointsExist(config: RouterConfig): readonly Problem[] {
  const names = config.vllm_endpoints.map(({ name }) => name);
  const remedy = (name: string) =>
    names.length === 0
      ? "; vllm_endpoints is empty"
      : didYouMean(name, names) || `; vllm_endpoints has ${either(names)}`;
  return Object.entries(config.model_config).flatMap(([model, { preferred_endpoints = [] }]) =>
    preferred_endpoints.flatMap((name, i) => {
      if (names.includes(name)) return [];
      const path = ["model_config", model, "preferred_endpoints", i];
      return [{ path, message: `unknown endpoint '${name}'${remedy(name)}` }];
    }),
  );
}

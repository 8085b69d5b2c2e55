import { domainNames } from "../domains.ts";
import { didYouMean } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";
import { candidateName, type RouterConfig } from "./schema.ts";

/** Envoy's own, where a filter does not set it. */
const defaultMessageTimeoutMs = 200;

/** What loads and works, but probably not as its author thinks. */
const cautions: readonly ((config: RouterConfig) => readonly Problem[])[] = [
  nothingToDecide,
  modelsNotConfigured,
  categoriesWithoutDomain,
  deadlineBeyondEnvoys,
  cacheBeyondDeadline,
];

export const cautionsOf = (config: RouterConfig): readonly Problem[] =>
  cautions.flatMap((caution) => caution(config));

function nothingToDecide({ decisions, default_model }: RouterConfig): readonly Problem[] {
  if (decisions.length > 0) return [];
  return [{ path: [], message: `no decisions, so every request goes to ${default_model}` }];
}

/** Once model_config lists models, a name that it lacks is more often a slip than a wish. */
function modelsNotConfigured(config: RouterConfig): readonly Problem[] {
  const known = Object.entries(config.model_config).flatMap(([name, { loras = [] }]) => [
    name,
    ...loras.map((lora) => lora.name),
  ]);
  if (known.length === 0) return [];
  const used: { name: string; path: Path }[] = [
    { name: config.default_model, path: ["default_model"] },
    ...config.decisions.flatMap(({ modelRefs }, i) =>
      modelRefs.map((ref, j) => ({
        name: candidateName(ref),
        path: ["decisions", i, "modelRefs", j, "model"],
      })),
    ),
  ];
  return used
    .filter(({ name }) => !known.includes(name))
    .map(({ name, path }) => ({
      path,
      message: `model '${name}' is not in model_config${didYouMean(name, known)}`,
    }));
}

function categoriesWithoutDomain({ categories }: RouterConfig): readonly Problem[] {
  const names: readonly string[] = domainNames;
  return categories.flatMap(({ name, mmlu_categories = [] }, i) =>
    names.includes(name) || mmlu_categories.length > 0
      ? []
      : [
          {
            path: ["categories", i],
            message: `no query is ever of category '${name}'; list its domains under mmlu_categories`,
          },
        ],
  );
}

function deadlineBeyondEnvoys({ limits }: RouterConfig): readonly Problem[] {
  if (limits.deadline_ms < defaultMessageTimeoutMs) return [];
  return [
    {
      path: ["limits", "deadline_ms"],
      message: `${limits.deadline_ms} ms is not below Envoy's default message_timeout of ${defaultMessageTimeoutMs} ms; raise that too`,
    },
  ];
}

/** While the cache is waited for nothing embeds, so that a Redis that hangs costs whole requests until it is left alone. */
function cacheBeyondDeadline({ embedding, limits }: RouterConfig): readonly Problem[] {
  const { redis_url, timeout_ms } = embedding.cache;
  if (redis_url === undefined || timeout_ms < limits.deadline_ms) return [];
  return [
    {
      path: ["embedding", "cache", "timeout_ms"],
      message: `${timeout_ms} ms is not below limits.deadline_ms of ${limits.deadline_ms} ms; a slow Redis would cost requests their decision`,
    },
  ];
}

import type { Problem } from "./problem.ts";
import { blocksFitTheAlgorithm, dimensionFits } from "./rules/algorithms.ts";
import { domainsAreKnown } from "./rules/domains.ts";
import {
  embedderIsOne,
  headersCanBeSent,
  serversHaveUrls,
  workersAreEnough,
} from "./rules/embedding.ts";
import { modelPackIsNamed, taskLabelsAreKnown } from "./rules/modelpack.ts";
import { endpointsExist, lorasExist, modelsStandOnce } from "./rules/models.ts";
import { namesAreHeaderValues, namesAreUnique, noNameAsksForRouting } from "./rules/names.ts";
import { nestingIsShallow, notHasOneCondition } from "./rules/nesting.ts";
import { baselineHasAPrice, tracesCanBeSent } from "./rules/observability.ts";
import type { RouterConfig } from "./schema.ts";

/** What a form cannot say: how the parts of a configuration must fit together. */
const rules: readonly ((config: RouterConfig) => readonly Problem[])[] = [
  namesAreUnique,
  namesAreHeaderValues,
  noNameAsksForRouting,
  domainsAreKnown,
  taskLabelsAreKnown,
  modelPackIsNamed,
  notHasOneCondition,
  nestingIsShallow,
  modelsStandOnce,
  lorasExist,
  endpointsExist,
  blocksFitTheAlgorithm,
  dimensionFits,
  embedderIsOne,
  workersAreEnough,
  serversHaveUrls,
  headersCanBeSent,
  tracesCanBeSent,
  baselineHasAPrice,
];

export const checkRules = (config: RouterConfig): readonly Problem[] =>
  rules.flatMap((rule) => rule(config));

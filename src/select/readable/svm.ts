import type { SvmArtifact } from "../../artifact/artifact.ts";
import { RouterError } from "../../errors.ts";
import { dot, squaredDistances } from "../../math/matrix.ts";
import { allowedModels } from "../candidates.ts";
import { checkedQuery } from "../query.ts";
import type { Score, Selector } from "../selector.ts";

/** Upstream's: a shorter query is left as it is. */
const leastNorm = 1e-10;

/**
 * The model whose machine scores the query, scaled to length 1, highest; of equal scores the first in the file, linear
 * machines before rbf ones. Support vectors are not scaled, as upstream's are not.
 *
 * Without candidates, a file in which no machine has a score selects its first model name, as upstream does. Among
 * candidates that would hide a fault, and is one.
 */
export function svmSelect(artifact: SvmArtifact): Selector["select"] {
  const { dimension, linear, rbf, vectors, modelNames } = artifact;
  const models = svmModels(artifact);

  function scored(query: Float64Array): readonly Score[] {
    const distances = squaredDistances(vectors, query);
    return [
      ...linear.map(({ model, weights, rho }) => ({ model, score: dot(weights, query) - rho })),
      ...rbf.map(({ model, vectorOf, alpha, rho, gamma }) => {
        let sum = 0;
        alpha.forEach((weight, i) => {
          sum += weight * Math.exp(-gamma * (distances[vectorOf[i] as number] as number));
        });
        return { model, score: sum - rho };
      }),
    ];
  }

  return (x, candidates) => {
    const query = normalized(checkedQuery(x, dimension));
    const mayWin = allowedModels(models, candidates);
    const allowed = new Set(models.filter((_, model) => mayWin[model]));
    const scores = scored(query)
      // Also false for NaN: neither it nor minus infinity ever wins.
      .filter(({ model, score }) => allowed.has(model) && score > Number.NEGATIVE_INFINITY)
      // Stable, so the first of equals stays first.
      .sort((a, b) => (b.score === a.score ? 0 : b.score - a.score))
      .filter(({ model }, at, all) => all.findIndex((other) => other.model === model) === at);
    const model = scores[0]?.model ?? (candidates ? undefined : modelNames[0]);
    if (model === undefined) throw noScore();
    return { model, scores };
  };
}

/** Models with a machine. Upstream never selects a machine without a name. */
export const svmModels = ({ linear, rbf }: SvmArtifact): readonly string[] => [
  ...new Set([...linear, ...rbf].map(({ model }) => model).filter((model) => model !== "")),
];

/** A length that overflows makes it zero, as upstream. */
function normalized(query: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(query, query));
  return norm > leastNorm ? query.map((value) => value / norm) : query;
}

const noScore = (): RouterError =>
  new RouterError(
    "selector_no_candidate",
    "No machine of a candidate has a score for this query",
    "Train the file again: it needs a machine with finite numbers for every model",
  );

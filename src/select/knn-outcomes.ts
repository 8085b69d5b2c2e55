import type { KnnArtifact } from "../artifact/artifact.ts";
import { squaredDistances } from "../math/matrix.ts";
import { smallest } from "../math/smallest.ts";
import { allowedModels } from "./candidates.ts";
import { overallMeans, plainOutcomes } from "./outcome.ts";
import { checkedQuery, tooFar } from "./query.ts";
import { ranked } from "./ranked.ts";
import type { Selector } from "./selector.ts";

/** The queries that a model answered. */
interface Answered {
  /** Indices of their vectors, ascending. */
  readonly queries: Uint32Array;
  /** By query: mean outcome, as a query may have been answered several times. */
  readonly values: Float64Array;
}

/**
 * A model scores the mean of its outcomes on the k nearest queries that it answered. Votes reward a model for having
 * many rows nearby; a mean does not, and every model is judged by as many queries, however few the others answered.
 */
export function knnByOutcomes(artifact: KnnArtifact, k: number): Selector["select"] {
  const { dimension, vectors, models, shrinkage } = artifact;
  const outcomes = plainOutcomes(artifact);
  const means = overallMeans(artifact, outcomes);
  const answered = models.map((_, model) => answeredBy(artifact, outcomes, model));

  function score({ queries, values }: Answered, mean: number, distances: Float64Array): number {
    const toAnswered = Float64Array.from(queries, (query) => distances[query] as number);
    const near = smallest(toAnswered, k);
    if (near.length === 0) throw tooFar();
    const sum = near.reduce((total, index) => total + (values[index] as number), 0);
    return (sum + shrinkage * mean) / (near.length + shrinkage);
  }

  return (x, candidates) => {
    const distances = squaredDistances(vectors, checkedQuery(x, dimension));
    const allowed = allowedModels(models, candidates);
    const scores = Float64Array.from(answered, (own, model) =>
      allowed[model] ? score(own, means[model] as number, distances) : 0,
    );
    return ranked(models, scores, means, allowed);
  };
}

function answeredBy(artifact: KnnArtifact, outcomes: Float64Array, model: number): Answered {
  const byQuery = new Map<number, { sum: number; count: number }>();
  artifact.modelOf.forEach((other, row) => {
    if (other !== model) return;
    const query = artifact.vectorOf[row] as number;
    const { sum, count } = byQuery.get(query) ?? { sum: 0, count: 0 };
    byQuery.set(query, { sum: sum + (outcomes[row] as number), count: count + 1 });
  });
  const queries = Uint32Array.from(byQuery.keys()).sort();
  const values = Float64Array.from(queries, (query) => {
    const { sum, count } = byQuery.get(query) as { sum: number; count: number };
    return sum / count;
  });
  return { queries, values };
}

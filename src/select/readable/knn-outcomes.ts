import type { KnnArtifact } from "../../artifact/artifact.ts";
import { squaredDistances } from "../../math/matrix.ts";
import { smallest } from "../../math/smallest.ts";
import { type Answered, answeredBy } from "../answered.ts";
import { allowedModels } from "../candidates.ts";
import { overallMeans, plainOutcomes } from "../outcome.ts";
import { checkedQuery, tooFar } from "../query.ts";
import { ranking } from "../ranked.ts";
import type { Selector } from "../selector.ts";

/**
 * A model scores the mean of its outcomes on the k nearest queries that it answered. Votes reward a model for having
 * many rows nearby; a mean does not, and every model is judged by as many queries, however few the others answered.
 */
export function knnByOutcomes(artifact: KnnArtifact, k: number): Selector["select"] {
  const { dimension, vectors, models, shrinkage } = artifact;
  const outcomes = plainOutcomes(artifact);
  const means = overallMeans(artifact, outcomes);
  const rank = ranking(models, means);
  const answered = models.map((_, model) => answeredBy(artifact, outcomes, model));

  function score({ queries, values }: Answered, mean: number, distances: Float64Array): number {
    const toAnswered = Float64Array.from(queries, (query) => distances[query] as number);
    const near = smallest(toAnswered, k);
    if (near.length === 0) throw tooFar();
    // In the order of the file, as the votes.
    near.sort((a, b) => a - b);
    const sum = near.reduce((total, index) => total + (values[index] as number), 0);
    return (sum + shrinkage * mean) / (near.length + shrinkage);
  }

  return (x, candidates) => {
    const distances = squaredDistances(vectors, checkedQuery(x, dimension));
    const allowed = allowedModels(models, candidates);
    const scores = Float64Array.from(answered, (own, model) =>
      allowed[model] ? score(own, means[model] as number, distances) : 0,
    );
    return rank(scores, allowed);
  };
}

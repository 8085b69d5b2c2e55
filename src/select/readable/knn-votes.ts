import type { KnnArtifact } from "../../artifact/artifact.ts";
import { squaredDistances } from "../../math/matrix.ts";
import { smallest } from "../../math/smallest.ts";
import { allowedModels } from "../candidates.ts";
import { outcomeValues, overallMeans } from "../outcome.ts";
import { checkedQuery, tooFar } from "../query.ts";
import { ranking } from "../ranked.ts";
import type { Selector } from "../selector.ts";

/**
 * The k nearest rows vote for their models, each with its outcome; how near they are no longer counts. Upstream's
 * rule, where upstream is definite: rows at the same distance go by their order in the file, and equal votes by
 * `ranked`. Upstream leaves both to chance.
 *
 * Rows of models that are no candidates take part in the search, so that a candidate wins here whenever it wins
 * upstream. Only when the k nearest hold no candidate at all do the nearest rows of candidates vote instead.
 */
export function knnByVotes(artifact: KnnArtifact, k: number): Selector["select"] {
  const { dimension, vectors, vectorOf, models, modelOf } = artifact;
  const values = outcomeValues(artifact);
  const rank = ranking(models, overallMeans(artifact, values));
  const modelAt = (row: number): number => modelOf[row] as number;

  return (x, candidates) => {
    const toVectors = squaredDistances(vectors, checkedQuery(x, dimension));
    const allowed = allowedModels(models, candidates);
    const isAllowed = (row: number): boolean => allowed[modelAt(row)] === true;
    const distances = Float64Array.from(vectorOf, (vector) => toVectors[vector] as number);
    let voters = smallest(distances, k).filter(isAllowed);
    if (voters.length === 0) {
      const toAllowed = distances.map((d, row) => (isAllowed(row) ? d : Number.POSITIVE_INFINITY));
      voters = smallest(toAllowed, k);
    }
    if (voters.length === 0) throw tooFar();
    const votes = new Float64Array(models.length);
    // In the order of the file: sums of doubles depend on it, and the nearest need not be put in order for it.
    for (const row of voters.sort((a, b) => a - b)) votes[modelAt(row)]! += values[row] as number;
    return rank(votes, allowed);
  };
}

import type { KnnArtifact } from "../../artifact/artifact.ts";
import { once } from "../../math/once.ts";
import { answeredBy } from "../answered.ts";
import { allowedOnce } from "../candidates.ts";
import { overallMeans, plainOutcomes } from "../outcome.ts";
import { typedQuery } from "../query.ts";
import { ranking } from "../ranked.ts";
import { knnByOutcomes } from "../readable/knn-outcomes.ts";
import type { Selector } from "../selector.ts";
import type { NeighbourSearch } from "./neighbours.ts";

/** Models that answered the same queries: they have the same neighbours. */
interface Panel {
  /** Undefined when they answered every one. */
  readonly weights: Uint32Array | undefined;
  readonly queries: Uint32Array;
  readonly models: number[];
}

/** As `knnByOutcomes`, which answers what the search cannot. */
export function fastKnnByOutcomes(
  artifact: KnnArtifact,
  k: number,
  search: NeighbourSearch,
): Selector["select"] {
  const { dimension, models, shrinkage } = artifact;
  const count = artifact.vectors.length / dimension;
  // Hardly ever asked, and it keeps the outcomes in its own way.
  const readable = once(() => knnByOutcomes(artifact, k));
  const outcomes = plainOutcomes(artifact);
  const means = overallMeans(artifact, outcomes);
  const rank = ranking(models, means);
  const allowedFor = allowedOnce(models);
  const scores = new Float64Array(models.length);
  const panels: Panel[] = [];
  /** By model, then by vector. */
  const values = models.map((_, model) => {
    const { queries, values: own } = answeredBy(artifact, outcomes, model);
    join(panels, model, queries);
    const byVector = new Float64Array(count);
    queries.forEach((query, at) => {
      byVector[query] = own[at] as number;
    });
    return byVector;
  });

  function join(into: Panel[], model: number, queries: Uint32Array): void {
    const same = into.find(
      (panel) =>
        panel.queries.length === queries.length &&
        panel.queries.every((query, at) => query === queries[at]),
    );
    if (same) {
      same.models.push(model);
      return;
    }
    const mask = new Uint32Array(count);
    for (const query of queries) mask[query] = 1;
    const weights = queries.length === count ? undefined : search.byPosition(mask);
    into.push({ weights, queries, models: [model] });
  }

  /** Ascending. */
  function neighbours(weights: Uint32Array | undefined): Uint32Array {
    const { inside, insideCount, edge, edgeCount, room } = search.nearest(weights, k);
    const near = new Uint32Array(insideCount + Math.min(room, edgeCount));
    near.set(inside.subarray(0, insideCount));
    near.set(edge.subarray(0, near.length - insideCount), insideCount);
    return near.sort();
  }

  return (x, candidates) => {
    const query = typedQuery(x, dimension);
    if (!search.begin(query)) return readable()(query, candidates);
    const allowed = allowedFor(candidates);
    for (const panel of panels) {
      if (!panel.models.some((model) => allowed[model])) continue;
      const near = neighbours(panel.weights);
      // A model without an outcome, which no file of ours has.
      if (near.length === 0) return readable()(query, candidates);
      for (const model of panel.models) {
        const own = values[model] as Float64Array;
        let sum = 0;
        for (const vector of near) sum += own[vector] as number;
        scores[model] = (sum + shrinkage * (means[model] as number)) / (near.length + shrinkage);
      }
    }
    return rank(scores, allowed);
  };
}

import type { KmeansArtifact } from "../../artifact/artifact.ts";
import { makePool } from "../../math/kernels/pool.ts";
import { type Allowed, allowedOnce } from "../candidates.ts";
import { typedQuery } from "../query.ts";
import { kmeansModels, kmeansSelect, scoredBy } from "../readable/kmeans.ts";
import type { Score, Selection, Selector } from "../selector.ts";
import { fitsSingles, productError, slack } from "./single.ts";

/**
 * As `kmeansSelect`, which answers where single precision cannot tell which cluster is nearest. Scores that are
 * distances are those of single precision: six digits.
 */
export function fastKmeans(artifact: KmeansArtifact): Selector["select"] {
  const { dimension, centroids, clusterModels, clusterScores, modelNames } = artifact;
  const readable = kmeansSelect(artifact);
  if (!(centroids instanceof Float32Array) || centroids.length === 0) return readable;
  const count = centroids.length / dimension;
  const pool = makePool({
    rows: centroids.byteLength,
    x: dimension * 4,
    products: count * 8,
    doubles: dimension * 8,
    index: 4,
    distance: 8,
  });
  const { kernels, at, singles, doubles } = pool;
  singles.set(centroids, at.rows / 4);
  const squares = Float64Array.from({ length: count }, (_, cluster) =>
    kernels.squaredLength(at.rows + cluster * dimension * 4, dimension),
  );
  if (squares.some((squared) => squared !== 0 && !fitsSingles(squared))) return readable;
  const lengths = squares.map(Math.sqrt);
  const models = kmeansModels(artifact);
  const allowedFor = allowedOnce(models);
  const indexOf = new Map(models.map((model, index) => [model, index]));
  /** By cluster: index of its model. */
  const own = Int32Array.from(
    { length: count },
    (_, cluster) => indexOf.get(clusterModels[cluster] as string) ?? unassigned,
  );
  const distances = new Float64Array(count);
  const reaches = new Float64Array(count);
  const selections = new WeakMap<Allowed, readonly (Selection | undefined)[]>();

  /** What each cluster selects by its scores; undefined when it scores no allowed model. */
  function byScores(allowed: Allowed): readonly (Selection | undefined)[] {
    const known = selections.get(allowed);
    if (known) return known;
    const names = new Set(models.filter((_, model) => allowed[model]));
    const made = Array.from({ length: count }, (_, cluster): Selection | undefined => {
      const scores = scoredBy(
        cluster,
        clusterScores as Float64Array,
        modelNames,
        clusterModels,
        names,
      );
      return scores[0] && { model: scores[0].model, scores };
    });
    selections.set(allowed, made);
    return made;
  }

  /** The nearest cluster that may be chosen, if it is so for certain. */
  function nearest(mayBe: (cluster: number) => boolean, sameModelIsFine: boolean): number {
    let best = -1;
    for (let cluster = 0; cluster < count; cluster++) {
      if (!mayBe(cluster)) continue;
      if (best < 0 || (distances[cluster] as number) < (distances[best] as number)) best = cluster;
    }
    if (best < 0) return -1;
    const limit = (distances[best] as number) + (reaches[best] as number);
    for (let cluster = 0; cluster < count; cluster++) {
      if (cluster === best || !mayBe(cluster)) continue;
      if (sameModelIsFine && own[cluster] === own[best]) continue;
      if (!((distances[cluster] as number) - (reaches[cluster] as number) > limit)) return -1;
    }
    return best;
  }

  /** What is left when nearly equal numbers are subtracted is mostly their error: such distances are computed anew. */
  function sharpened(cluster: number, query: Float32Array | Float64Array, squared: number): number {
    const distance = distances[cluster] as number;
    if (distance > cancels * ((squares[cluster] as number) + squared)) return distance;
    doubles.set(query, at.doubles / 8);
    pool.indices[at.index / 4] = cluster;
    kernels.distances(at.rows, dimension, at.doubles, at.index, 1, at.distance);
    return doubles[at.distance / 8] as number;
  }

  /** Of every allowed model, the distance of its nearest cluster. */
  function byDistance(
    allowed: Allowed,
    query: Float32Array | Float64Array,
    squared: number,
  ): Selection | undefined {
    if (nearest((cluster) => allowed[own[cluster] as number] === true, true) < 0) return undefined;
    const scores: Score[] = [];
    for (let model = 0; model < models.length; model++) {
      if (!allowed[model]) continue;
      let least = Number.POSITIVE_INFINITY;
      for (let cluster = 0; cluster < count; cluster++) {
        if (own[cluster] === model) least = Math.min(least, sharpened(cluster, query, squared));
      }
      if (least === Number.POSITIVE_INFINITY) continue;
      const score = -Math.sqrt(least);
      let place = scores.length;
      while (place > 0 && (scores[place - 1] as Score).score < score) place--;
      scores.splice(place, 0, { model: models[model] as string, score });
    }
    return scores[0] && { model: scores[0].model, scores };
  }

  return (x, candidates) => {
    const query = typedQuery(x, dimension);
    singles.set(query, at.x / 4);
    const squared = kernels.roughSquaredLength(at.x, dimension);
    // A cluster without a model is an error, unless there are candidates.
    const complete = candidates !== undefined || !own.includes(unassigned);
    if (!complete || !fitsSingles(squared)) return readable(query, candidates);
    kernels.dots(at.rows, count, dimension, at.x, at.products);
    const length = Math.sqrt(squared);
    for (let cluster = 0; cluster < count; cluster++) {
      const both = (squares[cluster] as number) + squared;
      distances[cluster] = both - 2 * (doubles[at.products / 8 + cluster] as number);
      reaches[cluster] =
        2 * productError * ((lengths[cluster] as number) + length) * length + slack * both;
    }
    const allowed = allowedFor(candidates);
    const found = clusterScores
      ? byScores(allowed)[nearest(() => true, false)]
      : byDistance(allowed, query, squared);
    return found ?? readable(query, candidates);
  };
}

const unassigned = -1;

/** Share of the squared lengths below which a squared distance has lost three digits. */
const cancels = 1e-3;

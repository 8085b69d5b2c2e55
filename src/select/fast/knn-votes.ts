import type { KnnArtifact } from "../../artifact/artifact.ts";
import { type Allowed, allowedOnce } from "../candidates.ts";
import { outcomeValues, overallMeans } from "../outcome.ts";
import { typedQuery } from "../query.ts";
import { ranking } from "../ranked.ts";
import { knnByVotes } from "../readable/knn-votes.ts";
import type { Selector } from "../selector.ts";
import type { NeighbourSearch } from "./neighbours.ts";
import { rowsOfVectors } from "./rows.ts";

/** As `knnByVotes`, which answers what the search cannot. */
export function fastKnnByVotes(
  artifact: KnnArtifact,
  k: number,
  search: NeighbourSearch,
): Selector["select"] {
  const { dimension, models, modelOf, vectorOf } = artifact;
  const readable = knnByVotes(artifact, k);
  const values = outcomeValues(artifact);
  const rank = ranking(models, overallMeans(artifact, values));
  const allowedFor = allowedOnce(models);
  const { starts, rows } = rowsOfVectors(artifact);
  const count = starts.length - 1;
  const weightOf = (isVoter: (row: number) => boolean): Uint32Array => {
    const weights = new Uint32Array(count);
    vectorOf.forEach((vector, row) => {
      if (isVoter(row)) weights[vector]!++;
    });
    return search.byPosition(weights);
  };
  const everyRow = vectorOf.length === count ? undefined : weightOf(() => true);
  const allowedRows = new WeakMap<Allowed, Uint32Array>();
  const votes = new Float64Array(models.length);

  /** Of allowed models, in the order of the file. `weights` is how many rows of each vector are in the search. */
  function voters(
    weights: Uint32Array | undefined,
    allowed: Allowed,
    onlyAllowed: boolean,
  ): number[] {
    const { inside, edge, room } = search.nearest(weights, k);
    const found: number[] = [];
    const isAllowed = (row: number): boolean => allowed[modelOf[row] as number] === true;
    const rowsOf = (vector: number): Uint32Array =>
      rows.subarray(starts[vector], starts[vector + 1]);
    for (const vector of inside) {
      for (const row of rowsOf(vector)) if (isAllowed(row)) found.push(row);
    }
    const near = edge.flatMap(({ vector, distance }) =>
      Array.from(rowsOf(vector), (row) => ({ row, distance })),
    );
    near
      .filter(({ row }) => !onlyAllowed || isAllowed(row))
      // Rows of two vectors that are equally near go by their order in the file.
      .sort((a, b) => a.distance - b.distance || a.row - b.row)
      .slice(0, room)
      .forEach(({ row }) => {
        if (isAllowed(row)) found.push(row);
      });
    return found.sort((a, b) => a - b);
  }

  function rowsAllowed(allowed: Allowed): Uint32Array {
    const known = allowedRows.get(allowed);
    if (known) return known;
    const weights = weightOf((row) => allowed[modelOf[row] as number] === true);
    allowedRows.set(allowed, weights);
    return weights;
  }

  return (x, candidates) => {
    const query = typedQuery(x, dimension);
    if (!search.begin(query)) return readable(query, candidates);
    const allowed = allowedFor(candidates);
    let found = voters(everyRow, allowed, false);
    if (found.length === 0) found = voters(rowsAllowed(allowed), allowed, true);
    if (found.length === 0) return readable(query, candidates);
    votes.fill(0);
    for (const row of found) votes[modelOf[row] as number]! += values[row] as number;
    return rank(votes, allowed);
  };
}

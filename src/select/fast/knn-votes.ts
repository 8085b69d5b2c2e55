import type { KnnArtifact } from "../../artifact/artifact.ts";
import { once } from "../../math/once.ts";
import { type Allowed, allowedOnce } from "../candidates.ts";
import { outcomeValues, overallMeans } from "../outcome.ts";
import { typedQuery } from "../query.ts";
import { ranking } from "../ranked.ts";
import { knnByVotes } from "../readable/knn-votes.ts";
import type { Selector } from "../selector.ts";
import type { NeighbourSearch } from "./neighbours.ts";
import { rowsOfVectors } from "./rows.ts";

/** Which rows vote, and whether the others take up room. */
interface Counts {
  readonly allowed: Allowed;
  readonly onlyAllowed: boolean;
}

/** As `knnByVotes`, which answers what the search cannot. */
export function fastKnnByVotes(
  artifact: KnnArtifact,
  k: number,
  search: NeighbourSearch,
): Selector["select"] {
  const { dimension, models, modelOf, vectorOf } = artifact;
  // Hardly ever asked, and it keeps the outcomes in its own way.
  const readable = once(() => knnByVotes(artifact, k));
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

  /** Adds those of a vector, all of them or as many as there is room for, and returns how much room is left. */
  function addRows(found: number[], vector: number, counts: Counts, room: number): number {
    const end = starts[vector + 1] as number;
    let left = room;
    for (let n = starts[vector] as number; n < end && left > 0; n++) {
      const row = rows[n] as number;
      const isAllowed = counts.allowed[modelOf[row] as number] === true;
      if (isAllowed) found.push(row);
      if (isAllowed || !counts.onlyAllowed) left--;
    }
    return left;
  }

  /** As `addRows` of several equally near vectors, whose rows go by their order in the file. */
  function addTied(found: number[], vectors: Uint32Array, counts: Counts, room: number): number {
    const all: number[] = [];
    for (const vector of vectors) {
      for (const row of rows.subarray(starts[vector], starts[vector + 1])) all.push(row);
    }
    const isAllowed = (row: number): boolean => counts.allowed[modelOf[row] as number] === true;
    const counted = counts.onlyAllowed ? all.filter(isAllowed) : all;
    const taken = counted.sort((a, b) => a - b).slice(0, room);
    found.push(...taken.filter(isAllowed));
    return room - taken.length;
  }

  /** Rows of allowed models, in the order of the file. `weights` is how many rows of each vector are searched. */
  function voters(weights: Uint32Array | undefined, counts: Counts): number[] {
    const { inside, insideCount, edge, distances, edgeCount, room } = search.nearest(weights, k);
    const found: number[] = [];
    for (let n = 0; n < insideCount; n++) addRows(found, inside[n] as number, counts, k);
    let left = room;
    for (let n = 0; n < edgeCount && left > 0; ) {
      let end = n + 1;
      while (end < edgeCount && distances[end] === distances[n]) end++;
      left =
        end === n + 1
          ? addRows(found, edge[n] as number, counts, left)
          : addTied(found, edge.subarray(n, end), counts, left);
      n = end;
    }
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
    if (!search.begin(query)) return readable()(query, candidates);
    const allowed = allowedFor(candidates);
    let found = voters(everyRow, { allowed, onlyAllowed: false });
    if (found.length === 0) found = voters(rowsAllowed(allowed), { allowed, onlyAllowed: true });
    if (found.length === 0) return readable()(query, candidates);
    votes.fill(0);
    for (const row of found) votes[modelOf[row] as number]! += values[row] as number;
    return rank(votes, allowed);
  };
}

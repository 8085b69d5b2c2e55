import { categoriesOf, type KnnArtifact } from "../../artifact/artifact.ts";
import { finished, type Turns } from "../../math/turns.ts";
import { type Opened, selectEach } from "../select-each.ts";
import { fastKnnByOutcomes } from "./knn-outcomes.ts";
import { fastKnnByVotes } from "./knn-votes.ts";
import { type NeighbourSearch, neighbourSearchInTurns } from "./neighbours.ts";

/** Undefined for vectors that singles do not hold, or whose squares overflow. */
export function fastKnn(
  artifact: KnnArtifact,
  mode: KnnArtifact["mode"],
  k: number,
): Opened<KnnArtifact> | undefined {
  const search = searchOf(artifact);
  if (!search) return undefined;
  const own = { ...artifact, vectors: search.vectors };
  const select =
    mode === "votes" ? fastKnnByVotes(own, k, search) : fastKnnByOutcomes(own, k, search);
  return { choice: selectEach(artifact.dimension, select), artifact: own };
}

/** Decisions that share a file share its search too, whatever their k. */
const searches = new WeakMap<KnnArtifact, NeighbourSearch>();

const searchOf = (artifact: KnnArtifact): NeighbourSearch | undefined =>
  finished(layOutKnn(artifact));

/** Makes, in turns, most of what `fastKnn` needs of an artifact: hundreds of megabytes take a second. */
export function* layOutKnn(artifact: KnnArtifact): Turns<NeighbourSearch | undefined> {
  const known = searches.get(artifact);
  if (known) return known;
  const { vectors, dimension } = artifact;
  if (!(vectors instanceof Float32Array) || vectors.length === 0) return undefined;
  const made = yield* neighbourSearchInTurns(vectors, dimension, categoriesOf(artifact).length);
  if (made) searches.set(artifact, made);
  return made;
}

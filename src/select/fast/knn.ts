import { categoriesOf, type KnnArtifact } from "../../artifact/artifact.ts";
import { type Opened, selectEach } from "../select-each.ts";
import { fastKnnByOutcomes } from "./knn-outcomes.ts";
import { fastKnnByVotes } from "./knn-votes.ts";
import { type NeighbourSearch, neighbourSearch } from "./neighbours.ts";

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

function searchOf(artifact: KnnArtifact): NeighbourSearch | undefined {
  const known = searches.get(artifact);
  if (known) return known;
  const { vectors, dimension } = artifact;
  if (!(vectors instanceof Float32Array) || vectors.length === 0) return undefined;
  const made = neighbourSearch(vectors, dimension, categoriesOf(artifact).length);
  if (made) searches.set(artifact, made);
  return made;
}

import type { SvmArtifact } from "../../artifact/artifact.ts";
import { allowedOnce } from "../candidates.ts";
import { checkedBatch, typedQuery } from "../query.ts";
import { svmModels, svmSelect } from "../readable/svm.ts";
import type { Choice, Opened } from "../select-each.ts";
import type { Selection } from "../selector.ts";
import { type LinearPart, linearMachines } from "./linear-machines.ts";
import { machineRanking } from "./machine-ranking.ts";
import { type RbfPart, rbfMachines } from "./rbf-machines.ts";
import { fitsSingles } from "./single.ts";

/** Queries of a batch that are computed together. */
const together = 4;

/**
 * As `svmSelect`, which answers where single precision cannot tell which machine scores highest. Scores are those of
 * single precision: six digits. Undefined when singles hold the machines of neither kind, or not all.
 */
export function fastSvm(artifact: SvmArtifact): Opened<SvmArtifact> | undefined {
  const linear = linearMachines(artifact.linear, artifact.dimension);
  const rbf = rbfMachines(artifact, together);
  if (!linear || !rbf) return undefined;
  const own = { ...artifact, vectors: rbf.vectors };
  return { choice: choose(own, linear, rbf), artifact: own };
}

function choose(artifact: SvmArtifact, linear: LinearPart, rbf: RbfPart): Choice {
  const { dimension } = artifact;
  const readable = svmSelect(artifact);
  const models = svmModels(artifact);
  const allowedFor = allowedOnce(models);
  const names = [...artifact.linear, ...artifact.rbf].map(({ model }) => model);
  const firstRbf = artifact.linear.length;
  const { scores, reaches, certain } = machineRanking(names, models);

  /** Of the query that is at place `at` among those begun. */
  function selected(
    query: Float32Array | Float64Array,
    at: number,
    candidates: readonly string[] | undefined,
  ): Selection {
    const squared = linear.begin(query);
    if (!fitsSingles(squared)) return readable(query, candidates);
    const length = Math.sqrt(squared);
    linear.score(length, scores, reaches);
    rbf.score(at, length, scores, reaches, firstRbf);
    return certain(allowedFor(candidates)) ?? readable(query, candidates);
  }

  function select(x: ArrayLike<number>, candidates?: readonly string[]): Selection {
    const query = typedQuery(x, dimension);
    rbf.begin(query, 1);
    return selected(query, 0, candidates);
  }

  function selectMany(rows: Float32Array, candidates?: readonly string[]): Selection[] {
    const count = checkedBatch(rows, dimension);
    const selections: Selection[] = [];
    for (let from = 0; from < count; from += together) {
      const size = Math.min(together, count - from);
      const queries = rows.subarray(from * dimension, (from + size) * dimension);
      if (size === together) rbf.begin(queries, together);
      for (let at = 0; at < size; at++) {
        const query = queries.subarray(at * dimension, (at + 1) * dimension);
        const found = size < together ? select(query, candidates) : selected(query, at, candidates);
        selections.push(found);
      }
    }
    return selections;
  }

  return { select, selectMany };
}

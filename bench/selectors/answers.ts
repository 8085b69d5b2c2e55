import type { KnnArtifact } from "../../src/artifact/artifact.ts";
import type { Selection } from "../../src/select/selector.ts";
import type { Measured } from "../measure/turns.ts";

/** A selection, as far as contestants can give it: a naive scan has no order for equal scores. */
export interface Answer {
  readonly model: string;
  readonly scores: ReadonlyMap<string, number>;
}

export const answerOf = ({ model, scores }: Selection): Answer => ({
  model,
  scores: new Map(scores.map((one) => [one.model, one.score])),
});

export function answerFrom(models: readonly string[], scores: ArrayLike<number>): Answer {
  let best = 0;
  for (let at = 1; at < models.length; at++) {
    if ((scores[at] as number) > (scores[best] as number)) best = at;
  }
  return {
    model: models[best] as string,
    scores: new Map(models.map((model, at) => [model, scores[at] as number])),
  };
}

/** What the votes of these rows come to: each row has a vector of its own, and no latency. */
export function votesOf(artifact: KnnArtifact, rows: readonly number[]): Answer {
  const votes = new Float64Array(artifact.models.length);
  for (const row of rows) {
    const quality = Math.max(artifact.qualities?.[row] as number, 0.01);
    votes[artifact.modelOf[row] as number]! += 0.9 * quality + 0.1;
  }
  return answerFrom(artifact.models, votes);
}

/** Mean outcomes over these vectors: every model has an outcome of every vector. */
export function outcomesOf(artifact: KnnArtifact, vectors: readonly number[]): Answer {
  const { models, qualities = new Float64Array(), shrinkage } = artifact;
  const count = qualities.length / models.length;
  const means = meansOf(qualities, models.length, count);
  const scores = models.map((_, model) => {
    const sum = vectors.reduce(
      (total, vector) => total + (qualities[vector * models.length + model] as number),
      0,
    );
    return (sum + shrinkage * (means[model] as number)) / (vectors.length + shrinkage);
  });
  return answerFrom(models, scores);
}

const known = new WeakMap<Float64Array, Float64Array>();

function meansOf(qualities: Float64Array, models: number, count: number): Float64Array {
  const found = known.get(qualities);
  if (found) return found;
  const means = new Float64Array(models);
  qualities.forEach((quality, cell) => {
    means[cell % models]! += quality / count;
  });
  known.set(qualities, means);
  return means;
}

/** Calls that both answered, and how many of them differently. */
export interface Agreement {
  readonly compared: number;
  readonly different: number;
  /** Largest difference of a score. */
  readonly scoreError: number;
}

/**
 * Models must be the same. Scores may differ by `tolerance`: fast ones are sums of singles. A contestant that scores
 * only the model that it selects is compared on that.
 */
export function agreement(
  one: Measured<Answer>,
  reference: Measured<Answer>,
  tolerance: number,
): Agreement {
  let [compared, different, scoreError] = [0, 0, 0];
  for (const [call, answer] of one.answers) {
    const expected = reference.answers.get(call);
    if (!expected) continue;
    compared++;
    let error = 0;
    for (const [model, score] of answer.scores) {
      const wanted = expected.scores.get(model);
      if (wanted === undefined) error = Number.POSITIVE_INFINITY;
      else error = Math.max(error, Math.abs(score - wanted));
    }
    scoreError = Math.max(scoreError, error);
    if (answer.model !== expected.model || !(error <= tolerance)) different++;
  }
  return { compared, different, scoreError };
}

import type { SvmArtifact } from "../../artifact/artifact.ts";
import { allowedOnce } from "../candidates.ts";
import { checkedBatch, typedQuery } from "../query.ts";
import { svmModels, svmSelect } from "../readable/svm.ts";
import type { Score, Selection, Selector } from "../selector.ts";
import { linearMachines } from "./linear-machines.ts";
import { rbfMachines } from "./rbf-machines.ts";
import { fitsSingles } from "./single.ts";

/** Queries of a batch that are computed together. */
const together = 4;

/**
 * As `svmSelect`, which answers where single precision cannot tell which machine scores highest. Scores are those of
 * single precision: six digits.
 */
export function fastSvm(
  artifact: SvmArtifact,
): Pick<Selector, "select" | "selectMany"> | undefined {
  const { dimension, linear, rbf } = artifact;
  const linearPart = linearMachines(linear, dimension);
  const rbfPart = rbfMachines(artifact, together);
  if (!linearPart || !rbfPart) return undefined;
  const readable = svmSelect({ ...artifact, vectors: rbfPart.vectors });
  const models = svmModels(artifact);
  const allowedFor = allowedOnce(models);
  const names = [...linear, ...rbf].map(({ model }) => model);
  const indexOf = names.map((name) => models.indexOf(name));
  const scores = new Float64Array(names.length);
  const reaches = new Float64Array(names.length);

  /** From the scores and how far they may be off; undefined when they leave it open. */
  function chosen(allowed: readonly boolean[]): Selection | undefined {
    const ranked: Score[] = [];
    let [best, rival] = [-1, Number.NEGATIVE_INFINITY];
    for (let machine = 0; machine < names.length; machine++) {
      if (!allowed[indexOf[machine] as number]) continue;
      if (best < 0 || (scores[machine] as number) > (scores[best] as number)) best = machine;
    }
    if (best < 0) return undefined;
    for (let machine = 0; machine < names.length; machine++) {
      const model = names[machine] as string;
      if (!allowed[indexOf[machine] as number]) continue;
      const score = scores[machine] as number;
      const top = score + (reaches[machine] as number);
      if (model !== names[best] && !(top <= rival)) rival = top;
      let place = ranked.length;
      while (place > 0 && (ranked[place - 1] as Score).score < score) place--;
      ranked.splice(place, 0, { model, score });
    }
    // False for NaN, too.
    if (!((scores[best] as number) - (reaches[best] as number) > rival)) return undefined;
    return { model: names[best] as string, scores: distinct(ranked) };
  }

  function select(x: ArrayLike<number>, candidates?: readonly string[]): Selection {
    const query = typedQuery(x, dimension);
    if (!linearPart || !rbfPart) throw new Error("unreachable: both parts are there");
    const squared = linearPart.begin(query);
    if (!fitsSingles(squared)) return readable(query, candidates);
    linearPart.score(Math.sqrt(squared), scores, reaches, 0);
    rbfPart.begin([query]);
    rbfPart.score(0, Math.sqrt(squared), scores, reaches, linear.length);
    return chosen(allowedFor(candidates)) ?? readable(query, candidates);
  }

  function selectMany(rows: Float32Array, candidates?: readonly string[]): Selection[] {
    const count = checkedBatch(rows, dimension);
    const rowAt = (n: number) => rows.subarray(n * dimension, (n + 1) * dimension);
    const selections: Selection[] = [];
    if (!linearPart || !rbfPart) throw new Error("unreachable: both parts are there");
    const allowed = allowedFor(candidates);
    for (let from = 0; from < count; from += together) {
      const queries = Array.from({ length: Math.min(together, count - from) }, (_, n) =>
        rowAt(from + n),
      );
      if (queries.length < together) {
        selections.push(...queries.map((query) => select(query, candidates)));
        continue;
      }
      rbfPart.begin(queries);
      queries.forEach((query, at) => {
        const squared = linearPart.begin(query);
        if (!fitsSingles(squared)) {
          selections.push(readable(query, candidates));
          return;
        }
        linearPart.score(Math.sqrt(squared), scores, reaches, 0);
        rbfPart.score(at, Math.sqrt(squared), scores, reaches, linear.length);
        selections.push(chosen(allowed) ?? readable(query, candidates));
      });
    }
    return selections;
  }

  return { select, selectMany };
}

/** Of several machines of a model, the best. */
function distinct(ranked: readonly Score[]): readonly Score[] {
  const seen = new Set<string>();
  const kept = ranked.filter(({ model }) => !seen.has(model) && seen.add(model));
  return kept.length === ranked.length ? ranked : kept;
}

import { smallest } from "../math/smallest.ts";
import { sameQueries } from "./advantage.ts";
import { chosenByScores, type Search, type Tried, triedOf } from "./search.ts";
import { meansOf, subset } from "./training-set.ts";

export interface KnnChoice {
  readonly k: number;
  readonly shrinkage: number;
}

/**
 * Few neighbours say who is best here, many who is best; the right number depends on how alike the models are. Fewer
 * neighbours say it with more noise, so they come later.
 */
const ks = [300, 200, 150, 100, 50, 20, 10, 5];
const shrinkages = [0, 10, 50];

/** Of equal scores the selector takes the model that is better overall. Less than any difference of two scores. */
const tieBreak = 1e-9;

/** Tries numbers of neighbours and shrinkages. `k` fixes the number. */
export function searchKnn(search: Search, k?: number): readonly Tried<KnnChoice>[] {
  const { set, folds } = search;
  const smallestFold = Math.min(...folds.map(({ train }) => train.length));
  const fitting = ks.filter((count) => count <= smallestFold);
  const counts = k === undefined ? (fitting.length > 0 ? fitting : [smallestFold]) : [k];
  const choices = counts.flatMap((count) =>
    shrinkages.map((shrinkage): KnnChoice => ({ k: count, shrinkage })),
  );
  const scores = choices.map(() => new Float64Array(set.values.length));
  for (const { train, test } of folds) addScores(search, train, test, choices, scores);
  const all = Uint32Array.from({ length: set.count }, (_, row) => row);
  return choices.map((settings, at) =>
    triedOf(
      settings,
      chosenByScores(
        set,
        all,
        (row, model) => scores[at]?.[row * set.models.length + model] as number,
      ),
    ),
  );
}

/** As the selector scores, for all choices in one walk along the neighbours. */
function addScores(
  { set, products }: Search,
  train: Uint32Array,
  test: Uint32Array,
  choices: readonly KnnChoice[],
  scores: readonly Float64Array[],
): void {
  const { models, values } = set;
  const table = products();
  const width = models.length;
  const own = subset(set, train);
  const means = meansOf(own);
  const most = Math.max(...choices.map(({ k }) => k));
  const running = new Float64Array(most + 1);
  for (const { columns, rows } of sameQueries(own)) {
    for (const query of test) {
      const alike = table.row(query);
      // All feature vectors are of one length, so the largest product is the nearest.
      const distances = Float32Array.from(rows, (row) => -(alike[train[row] as number] as number));
      const near = smallest(distances, most).map((at) => train[rows[at] as number] as number);
      for (const column of columns) {
        near.forEach((row, rank) => {
          running[rank + 1] = (running[rank] as number) + (values[row * width + column] as number);
        });
        choices.forEach(({ k, shrinkage }, at) => {
          const asked = Math.min(k, near.length);
          const mean = means[column] as number;
          const score = ((running[asked] as number) + shrinkage * mean) / (asked + shrinkage || 1);
          (scores[at] as Float64Array)[query * width + column] = score + mean * tieBreak;
        });
      }
    }
  }
}

import type { Selector } from "../select/selector.ts";
import { bestModel, type TrainingSet } from "./training-set.ts";

/** What choosing gained, query by query, beside always choosing the model that is best on the training part. */
export interface Outcome {
  /** By query: value of the chosen answer, and of the best single model's. */
  readonly chosen: number[];
  readonly single: number[];
  /** The same of quality alone. */
  readonly chosenQuality: number[];
  readonly singleQuality: number[];
  /** Of the best possible choice. */
  readonly oracleQuality: number[];
}

export const noOutcome = (): Outcome => ({
  chosen: [],
  single: [],
  chosenQuality: [],
  singleQuality: [],
  oracleQuality: [],
});

/**
 * Lets `select` choose for every query of `set` among the models that answered it, as only those can be judged.
 * `means` are the models' values on the training part. Adds to `outcome`.
 */
export function judge(
  set: TrainingSet,
  means: Float64Array,
  select: Selector["select"],
  outcome: Outcome,
): void {
  const { count, models, values, qualities, rows, dimension } = set;
  const width = models.length;
  for (let row = 0; row < count; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    const candidates = models.filter((_, model) => !Number.isNaN(own[model]));
    const x = rows.subarray(row * dimension, (row + 1) * dimension);
    const { model } = select(x, candidates.length < width ? candidates : undefined);
    const chosen = models.indexOf(model);
    const single = bestModel(means.map((mean, at) => (Number.isNaN(own[at]) ? -1 : mean)));
    outcome.chosen.push(own[chosen] as number);
    outcome.single.push(own[single] as number);
    const quality = qualities.subarray(row * width, (row + 1) * width);
    outcome.chosenQuality.push(quality[chosen] as number);
    outcome.singleQuality.push(quality[single] as number);
    outcome.oracleQuality.push(Math.max(...quality.filter((q) => !Number.isNaN(q))));
  }
}

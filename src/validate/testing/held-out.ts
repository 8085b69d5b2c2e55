import { allowedModels } from "../../select/candidates.ts";
import { features } from "../../select/features.ts";
import { ranking } from "../../select/ranked.ts";
import { selectEach } from "../../select/select-each.ts";
import type { Selector } from "../../select/selector.ts";
import type { HeldOut } from "../held-out.ts";

/** Answers by hand: a row a query, a column a model, null where it did not answer. */
export interface Answers {
  readonly models?: readonly string[];
  readonly quality: readonly (readonly (number | null)[])[];
  readonly categories?: readonly string[];
  readonly predicted?: readonly string[];
  readonly seconds?: readonly (readonly number[])[];
  readonly dollars?: readonly (readonly number[])[];
}

const numbers = (table: readonly (readonly (number | null)[])[]): Float64Array =>
  Float64Array.from(table.flat(), (value) => value ?? Number.NaN);

/** The vector of query i has one number, i. */
export function heldOutOf({
  quality,
  models = ["a", "b", "c"].slice(0, quality[0]?.length),
  categories = quality.map(() => "law"),
  predicted = categories,
  seconds,
  dollars,
}: Answers): HeldOut {
  return {
    queries: quality.map((_, row) => `query ${row}`),
    categories,
    predicted,
    models,
    qualities: numbers(quality),
    ...(seconds && { latencies: numbers(seconds) }),
    ...(dollars && { costs: numbers(dollars) }),
    vectors: Float32Array.from(quality.keys()),
  };
}

/** Scores models by the number of the query and its category. */
export function selectorBy(
  models: readonly string[],
  scoresOf: (query: number, category: string) => readonly number[],
  algorithm: Selector["algorithm"] = "knn",
): Selector {
  const categories = ["law", "math", "other"];
  const rank = ranking(models, new Float64Array(models.length));
  const dimension = features(new Float32Array(1), "law", categories).length;
  const choice = selectEach(dimension, (x, candidates) => {
    const category = categories.find((_, at) => x[1 + at] === 1) ?? "other";
    return rank(
      Float64Array.from(scoresOf(Number(x[0]), category)),
      allowedModels(models, candidates),
    );
  });
  return { algorithm, dimension, categories, models, ...choice };
}

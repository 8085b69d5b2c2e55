import { categoriesOf, type KnnArtifact } from "../artifact/artifact.ts";
import { domainNames } from "../domains.ts";
import { answerValue } from "../select/outcome.ts";
import type { Examples } from "../train/examples.ts";
import { meansOf, type TrainingSet } from "../train/training-set.ts";

/** What was known when the selectors were trained. Baselines are chosen on it, never on what they are judged on. */
export interface Past {
  readonly source: "training file" | "knn file" | "rest of the data file";
  readonly examples: Omit<Examples, "queries">;
}

/**
 * A knn file is its training data: every answer's quality, and in the vector's one-hot the category. Undefined where it
 * has no qualities.
 */
export function pastOfKnn(artifact: KnnArtifact): Past | undefined {
  const { vectors, vectorOf, modelOf, models, qualities, latenciesNs, dimension } = artifact;
  if (!qualities || dimension === 0) return undefined;
  const order = categoriesOf(artifact);
  const count = vectors.length / dimension;
  const cells = count * models.length;
  const [sums, times, counts] = [
    new Float64Array(cells),
    new Float64Array(cells),
    new Float64Array(cells),
  ];
  modelOf.forEach((model, row) => {
    const cell = (vectorOf[row] as number) * models.length + model;
    sums[cell]! += qualities[row] as number;
    times[cell]! += (latenciesNs?.[row] ?? 0) / 1e9;
    counts[cell]!++;
  });
  const mean = (total: Float64Array) => total.map((sum, cell) => sum / (counts[cell] as number));
  const categories = Array.from({ length: count }, (_, query) => {
    const oneHot = vectors.subarray(
      (query + 1) * dimension - order.length,
      (query + 1) * dimension,
    );
    return order[oneHot.indexOf(Math.max(...oneHot))] ?? "other";
  });
  return {
    source: "knn file",
    examples: {
      categories,
      models,
      qualities: mean(sums),
      ...(latenciesNs && { latencies: mean(times) }),
    },
  };
}

/**
 * A training set that knows of a query only its category: the rows are the one-hot. `values` are what training learns
 * from, quality and a share of speed.
 */
export function categorySet(
  examples: Omit<Examples, "queries">,
  qualityWeight: number,
): TrainingSet {
  const { categories, models, qualities } = examples;
  return {
    count: categories.length,
    dimension: domainNames.length,
    oneHot: domainNames.length,
    rows: oneHots(categories),
    models,
    values: valuesOf(examples, qualityWeight),
    qualities,
  };
}

/** By query and model: quality, and a share of speed where the answers are timed. */
export const valuesOf = (
  { qualities, latencies }: Pick<Examples, "qualities" | "latencies">,
  qualityWeight: number,
): Float64Array =>
  qualities.map((quality, cell) => answerValue(quality, latencies?.[cell], qualityWeight));

function oneHots(categories: readonly string[]): Float32Array {
  const rows = new Float32Array(categories.length * domainNames.length);
  categories.forEach((category, row) => {
    rows[row * domainNames.length + domainIndex(category)] = 1;
  });
  return rows;
}

export function domainIndex(category: string): number {
  const index = (domainNames as readonly string[]).indexOf(category);
  return index >= 0 ? index : domainNames.indexOf("other");
}

/** Mean of a column of the past for each of `names`; NaN for models that it does not know. */
export function meansFor(
  names: readonly string[],
  { models, categories }: Omit<Examples, "queries">,
  cells: Float64Array,
): Float64Array {
  const known = meansOf({
    count: categories.length,
    models,
    values: cells,
  });
  return Float64Array.from(names, (name) => known[models.indexOf(name)] ?? Number.NaN);
}

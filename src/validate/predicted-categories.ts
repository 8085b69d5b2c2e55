import type { DomainClassifier } from "../classify/domain.ts";
import { domainSignals } from "../classify/signal.ts";

/** What serving routes on: the likeliest domain, or the fallback category below the threshold. */
export interface DomainRule {
  readonly threshold: number;
  readonly fallback_category: string;
}

/** By query. `vectors` are those that the classifier was trained on, row-major. */
export function predictedCategories(
  queries: readonly string[],
  vectors: Float32Array,
  classifier: DomainClassifier,
  rule: DomainRule,
): readonly string[] {
  const width = vectors.length / queries.length;
  return queries.map((query, row) => {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const [{ name }] = domainSignals(classifier.classify(query, vector), rule, []);
    return name;
  });
}

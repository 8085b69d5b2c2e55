import { random, shuffled } from "../math/random.ts";

export interface Fold {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Splits 0 to `count` - 1 by chance into `folds` parts of equal size, each once the test of a fold. Fewer where there
 * are fewer queries; none of less than two, which cannot be split.
 */
export function foldsOf(count: number, folds: number, seed: number): readonly Fold[] {
  const parts = Math.min(folds, count);
  if (parts < 2) return [];
  const order = shuffled(count, random(seed));
  return Array.from({ length: parts }, (_, part) => ({
    // Ascending, so that what is fitted on a fold does not depend on the order of chance.
    train: order.filter((_, at) => at % parts !== part).sort(),
    test: order.filter((_, at) => at % parts === part).sort(),
  }));
}

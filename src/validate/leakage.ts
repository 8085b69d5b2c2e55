import type { KnnArtifact } from "../artifact/artifact.ts";

/** Was a selector trained on what it is judged on? */
export interface Leakage {
  /** `none` and `some` are found by looking; `all`: it is the same file; `unknown`: nothing tells. */
  readonly verdict: "none" | "some" | "all" | "unknown";
  /** How it was looked for. */
  readonly by: "texts" | "query hashes" | "vectors" | "file hash" | "nothing";
  /** Test queries that were trained on; they are left out unless `counted`. */
  readonly seen: number;
  readonly counted: boolean;
}

/**
 * Squared distance of unit vectors up to which two texts count as one. In int8 files rounding moves a vector by up to
 * 1.0e-4 (2,065 questions of MMLU-Pro, built-in embedder); the nearest of 2,123 others were 8.8e-4 away.
 */
const sameDistance = 2e-4;

/** By query of `vectors`: is its embedding among those that the file was trained on? */
export function seenByVectors(
  { vectors: known, dimension }: Pick<KnnArtifact, "vectors" | "dimension">,
  vectors: Float32Array,
  width: number,
): readonly boolean[] {
  const count = vectors.length / width;
  return Array.from({ length: count }, (_, query) => {
    for (let from = 0; from < known.length; from += dimension) {
      let distance = 0;
      // Most are too far after a few numbers.
      for (let i = 0; i < width && distance < sameDistance; i++) {
        const step = (vectors[query * width + i] as number) - (known[from + i] as number);
        distance += step * step;
      }
      if (distance < sameDistance) return true;
    }
    return false;
  });
}

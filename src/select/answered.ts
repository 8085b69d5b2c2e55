import type { KnnArtifact } from "../artifact/artifact.ts";

/** The queries that a model answered. */
export interface Answered {
  /** Indices of their vectors, ascending. */
  readonly queries: Uint32Array;
  /** By query: mean outcome, as a query may have been answered several times. */
  readonly values: Float64Array;
}

export function answeredBy(artifact: KnnArtifact, outcomes: Float64Array, model: number): Answered {
  const byQuery = new Map<number, { sum: number; count: number }>();
  artifact.modelOf.forEach((other, row) => {
    if (other !== model) return;
    const query = artifact.vectorOf[row] as number;
    const { sum, count } = byQuery.get(query) ?? { sum: 0, count: 0 };
    byQuery.set(query, { sum: sum + (outcomes[row] as number), count: count + 1 });
  });
  const queries = Uint32Array.from(byQuery.keys()).sort();
  const values = Float64Array.from(queries, (query) => {
    const { sum, count } = byQuery.get(query) as { sum: number; count: number };
    return sum / count;
  });
  return { queries, values };
}

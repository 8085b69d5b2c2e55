import type { KnnArtifact } from "../../artifact/artifact.ts";

/** Which rows of a file have a vector. */
export interface RowsOfVectors {
  /** By vector: its rows stand in `rows` from here to where the next one's begin; one number more at the end. */
  readonly starts: Uint32Array;
  /** Ascending within a vector. */
  readonly rows: Uint32Array;
}

export function rowsOfVectors({ vectorOf, vectors, dimension }: KnnArtifact): RowsOfVectors {
  const starts = new Uint32Array(vectors.length / dimension + 1);
  for (const vector of vectorOf) starts[vector + 1]!++;
  for (let vector = 1; vector < starts.length; vector++) {
    starts[vector]! += starts[vector - 1] as number;
  }
  const rows = new Uint32Array(vectorOf.length);
  const next = starts.slice();
  vectorOf.forEach((vector, row) => {
    rows[next[vector]!++] = row;
  });
  return { starts, rows };
}

import { smallest } from "../../math/smallest.ts";

/** A knn file with flat arrays, complete and small. */
interface KnnFile {
  readonly k: number;
  readonly embeddings: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly qualities: readonly number[];
  readonly latencies: readonly number[];
}

interface KmeansFile {
  readonly centroids: readonly (readonly number[])[];
  readonly cluster_models: readonly string[];
}

/** Every model that some order of equally distant rows, and of equal votes, selects. Written apart from the selectors. */
export function knnTieChoices(file: KnnFile, query: readonly number[]): ReadonlySet<string> {
  const distances = file.embeddings.map((row) => squared(row, query));
  const limit = distances[smallest(distances, file.k).at(-1) ?? 0] ?? 0;
  const rows = [...distances.keys()];
  const nearer = rows.filter((row) => (distances[row] ?? 0) < limit);
  const tied = rows.filter((row) => distances[row] === limit);
  const [least, most] = [Math.min(...file.latencies), Math.max(...file.latencies)];
  const value = (row: number): number =>
    0.9 * Math.max(file.qualities[row] ?? 0.5, 0.01) +
    0.1 * (1 - ((file.latencies[row] ?? 0) - least) / Math.max(most - least, 1));
  const choices = new Set<string>();
  for (const chosen of combinations(tied, file.k - nearer.length)) {
    const votes = new Map<string, number>();
    for (const row of [...nearer, ...chosen]) {
      const model = file.labels[row] ?? "";
      votes.set(model, (votes.get(model) ?? 0) + value(row));
    }
    const top = Math.max(...votes.values());
    for (const [model, sum] of votes) if (sum > top - 1e-12) choices.add(model);
  }
  return choices;
}

/** The models of all equally near clusters. */
export function kmeansTieChoices(file: KmeansFile, query: readonly number[]): ReadonlySet<string> {
  const distances = file.centroids.map((row) => squared(row, query));
  const nearest = Math.min(...distances);
  return new Set(file.cluster_models.filter((_, cluster) => distances[cluster] === nearest));
}

const squared = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);

function* combinations(items: readonly number[], size: number): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [at, first] of items.entries()) {
    for (const rest of combinations(items.slice(at + 1), size - 1)) yield [first, ...rest];
  }
}

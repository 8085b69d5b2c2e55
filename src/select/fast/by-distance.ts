/** So few are sorted by insertion, where they stand. */
const maxInserted = 64;

/** Sorts the first `count` of both lists by distance, and equally distant ones by index. */
export function byDistance(vectors: Uint32Array, distances: Float64Array, count: number): void {
  if (count > maxInserted) {
    const own = vectors.slice(0, count);
    const far = distances.slice(0, count);
    const sorted = Uint32Array.from(own.keys()).sort(
      (a, b) => (far[a] as number) - (far[b] as number) || (own[a] as number) - (own[b] as number),
    );
    sorted.forEach((from, n) => {
      vectors[n] = own[from] as number;
      distances[n] = far[from] as number;
    });
    return;
  }
  for (let n = 1; n < count; n++) {
    const [vector, distance] = [vectors[n] as number, distances[n] as number];
    let place = n;
    while (place > 0) {
      const before = distances[place - 1] as number;
      if (before < distance) break;
      if (before === distance && (vectors[place - 1] as number) < vector) break;
      distances[place] = before;
      vectors[place] = vectors[place - 1] as number;
      place--;
    }
    distances[place] = distance;
    vectors[place] = vector;
  }
}

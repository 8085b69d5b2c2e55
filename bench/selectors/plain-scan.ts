/** What one would write first: all rows in double precision, one pass, the k best kept in order. */
export function plainScan(
  rows: Float32Array,
  dimension: number,
): (query: Float64Array, k: number) => number[] {
  const wide = Float64Array.from(rows);
  const count = wide.length / dimension;
  return (query, k) => {
    const best: number[] = [];
    const distances: number[] = [];
    for (let row = 0, at = 0; row < count; row++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++, at++) {
        const difference = (query[i] as number) - (wide[at] as number);
        sum += difference * difference;
      }
      if (best.length === k && sum >= (distances[k - 1] as number)) continue;
      let place = best.length;
      while (place > 0 && (distances[place - 1] as number) > sum) place--;
      best.splice(place, 0, row);
      distances.splice(place, 0, sum);
      if (best.length > k) {
        best.pop();
        distances.pop();
      }
    }
    return best;
  };
}

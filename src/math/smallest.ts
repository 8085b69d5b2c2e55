/**
 * Indices of the `count` smallest values, smallest first; of equal values the lower index comes first. Infinite
 * values and NaN are left out.
 */
export function smallest(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  let limit = Number.POSITIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    // Also false for NaN. Equal to the limit loses: an earlier index has the last place.
    if (!(value < limit)) continue;
    let place = best.length;
    while (place > 0 && (values[best[place - 1] as number] as number) > value) place--;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
    if (best.length === count) limit = values[best[count - 1] as number] as number;
  }
  return best;
}

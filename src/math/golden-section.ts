/** The place between `low` and `high` where a function with one valley is lowest, to `tolerance`. */
export function goldenSection(
  loss: (at: number) => number,
  low: number,
  high: number,
  tolerance: number,
): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [from, to] = [low, high];
  while (to - from > tolerance) {
    const left = to - ratio * (to - from);
    const right = from + ratio * (to - from);
    if (loss(left) < loss(right)) to = right;
    else from = left;
  }
  return (from + to) / 2;
}

/** expected advantage = slope * decision value + offset */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

/**
 * The least-squares line from decision values to advantages. Both must be of queries that the machine did not learn
 * from: on its own it is far too sure. A machine that is wrong more often than right gets slope 0, so says the mean.
 */
export function calibrate(
  decisions: ArrayLike<number>,
  advantages: ArrayLike<number>,
): Calibration {
  let [count, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < decisions.length; i++) {
    const [decision, advantage] = [decisions[i] as number, advantages[i] as number];
    if (Number.isNaN(decision) || Number.isNaN(advantage)) continue;
    count++;
    x += decision;
    y += advantage;
    xx += decision * decision;
    xy += decision * advantage;
  }
  if (count === 0) return { slope: 0, offset: 0 };
  const spread = xx - (x * x) / count;
  const slope = spread > 1e-12 * xx ? Math.max(0, (xy - (x * y) / count) / spread) : 0;
  return { slope, offset: (y - slope * x) / count };
}

/** How long runs of a model take, learnt from the latest: a part that each costs, and a part for each token. */
export interface RunPace {
  learn(tokens: number, seconds: number): void;
  /** 0 before the first run. */
  seconds(tokens: number): number;
  /** How many tokens a run of `seconds` reads; Infinity before the first, not below 0. */
  tokensWithin(seconds: number): number;
}

/** How much a run counts beside those before it, once there are more than 20. */
const newest = 0.05;

/** The line through the runs, (tokens, seconds), that is nearest to them by least squares. */
export function runPace(): RunPace {
  let runs = 0;
  const mean = { tokens: 0, seconds: 0, squares: 0, products: 0 };
  let line = { each: 0, perToken: 0 };

  function fitted(): typeof line {
    const variance = mean.squares - mean.tokens ** 2;
    const slope = (mean.products - mean.tokens * mean.seconds) / variance;
    const each = mean.seconds - slope * mean.tokens;
    // Runs of one size tell no line, and chance may tilt one: then every token costs the same.
    const plausible = variance > 1e-9 * mean.squares && slope > 0 && each >= 0;
    return plausible
      ? { each, perToken: slope }
      : { each: 0, perToken: mean.seconds / mean.tokens };
  }

  return {
    learn(tokens, seconds) {
      if (tokens === 0) return;
      runs++;
      const weight = Math.max(newest, 1 / runs);
      mean.tokens += weight * (tokens - mean.tokens);
      mean.seconds += weight * (seconds - mean.seconds);
      mean.squares += weight * (tokens * tokens - mean.squares);
      mean.products += weight * (tokens * seconds - mean.products);
      line = fitted();
    },
    seconds: (tokens) => line.each + line.perToken * tokens,
    tokensWithin: (seconds) =>
      line.perToken === 0 ? Infinity : Math.max(0, (seconds - line.each) / line.perToken),
  };
}

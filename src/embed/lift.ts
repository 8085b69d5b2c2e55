import { embeddingDimension } from "./embedder.ts";

/**
 * Lifts a vector of at most 1024 numbers to 1024, with every dot product kept: flip some signs, pad with zeros,
 * transform by Hadamard's matrix, divide by 32. Each step is an isometry, so the whole is one; the flips and the
 * transform spread what the padding leaves empty, so that no feature is always zero.
 */
export function lift(x: ArrayLike<number>): Float64Array {
  const lifted = new Float64Array(embeddingDimension);
  for (let i = 0; i < x.length; i++) lifted[i] = (x[i] as number) * (signs[i] as number);
  hadamard(lifted);
  const scale = Math.sqrt(embeddingDimension);
  for (let i = 0; i < lifted.length; i++) (lifted[i] as number) /= scale;
  return lifted;
}

/**
 * +1 or -1 by position: the sign bit of xorshift32 (13, 17, 5), started at the golden ratio in 32 bits. Part of every
 * artifact: with other signs all that was trained on the old ones is wrong.
 */
const signs = ((): Float64Array => {
  let state = 0x9e3779b9;
  return new Float64Array(embeddingDimension).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state < 0 ? -1 : 1;
  });
})();

/** The fast Walsh-Hadamard transform, in place and unscaled: sums and differences at distance 1, 2, 4, ... */
function hadamard(x: Float64Array): void {
  for (let distance = 1; distance < x.length; distance *= 2) {
    for (let start = 0; start < x.length; start += 2 * distance) {
      for (let i = start; i < start + distance; i++) {
        const a = x[i] as number;
        const b = x[i + distance] as number;
        x[i] = a + b;
        x[i + distance] = a - b;
      }
    }
  }
}

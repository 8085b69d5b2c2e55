/** The upper half of 16 bytes, twice. */
@inline
export function highOf(four: v128): v128 {
  return i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** f64x2 of the singles at `at` and after it, or of the two that follow. */
@inline
export function firstTwo(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

@inline
export function lastTwo(four: v128): v128 {
  return f64x2.promote_low_f32x4(highOf(four));
}

@inline
export function lanesOf(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

@inline
export function summed(sum: v128, a: v128, b: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, b));
}

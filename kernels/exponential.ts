const log2e: f64 = 1.4426950408889634;

/** ln 2 in two parts, so that a whole number times the first is exact (Cody and Waite). */
const ln2High: f64 = 6.93147180369123816490e-1;

const ln2Low: f64 = 1.90821492927058770002e-10;

/** exp of less is below the smallest normal double, and taken as that of this. */
const leastExponent: f64 = -708;

/** e to the power of two doubles of at most 0: Taylor's series to the 13th power on [-ln 2 / 2, ln 2 / 2]. */
@inline
export function exponential(power: v128): v128 {
  const within = f64x2.max(power, f64x2.splat(leastExponent));
  const twos = f64x2.nearest(f64x2.mul(within, f64x2.splat(log2e)));
  const rest = f64x2.sub(
    f64x2.sub(within, f64x2.mul(twos, f64x2.splat(ln2High))),
    f64x2.mul(twos, f64x2.splat(ln2Low)),
  );
  let sum = f64x2.splat(1.6059043836821613e-10);
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(2.08767569878681e-9));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(2.505210838544172e-8));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(2.755731922398589e-7));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(2.7557319223985893e-6));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(2.48015873015873e-5));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.984126984126984e-4));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.3888888888888889e-3));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(8.333333333333333e-3));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(4.1666666666666664e-2));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.6666666666666666e-1));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1));
  const exponents = i64x2.shl(
    i64x2.extend_low_i32x4_s(i32x4.add(i32x4.trunc_sat_f64x2_s_zero(twos), i32x4.splat(1023))),
    52,
  );
  return f64x2.mul(sum, exponents);
}

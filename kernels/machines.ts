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

/**
 * exp(-gamma |v - q|^2) of `count` vectors from their products v.q, where `squares` are |v|^2 and |q| is 1; `scale` is
 * what the products are to be multiplied by first. Lists have room for the next even number.
 */
export function kernelValues(
  products: usize,
  squares: usize,
  count: i32,
  scale: f64,
  gamma: f64,
  into: usize,
): void {
  const times = f64x2.splat(-2 * scale);
  const negative = f64x2.splat(-gamma);
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    const squared = f64x2.add(f64x2.add(v128.load(squares + i), one), f64x2.mul(times, v128.load(products + i)));
    v128.store(into + i, exponential(f64x2.mul(negative, f64x2.max(squared, zero))));
  }
}

/**
 * For two machines at once, sums of `count` values times the machines' weights, which stand in pairs, and the same of
 * the weights' sizes. Writes the two sums and the two of sizes.
 */
export function weighedSums(values: usize, weights: usize, count: i32, into: usize): void {
  let sums = f64x2.splat(0);
  let sizes = f64x2.splat(0);
  let moreSums = f64x2.splat(0);
  let moreSizes = f64x2.splat(0);
  let i: usize = 0;
  const end = <usize>count << 3;
  for (; i + 16 <= end; i += 16) {
    const first = f64x2.mul(v128.load64_splat(values + i), v128.load(weights + (i << 1)));
    const second = f64x2.mul(v128.load64_splat(values + i, 8), v128.load(weights + (i << 1), 16));
    sums = f64x2.add(sums, first);
    sizes = f64x2.add(sizes, f64x2.abs(first));
    moreSums = f64x2.add(moreSums, second);
    moreSizes = f64x2.add(moreSizes, f64x2.abs(second));
  }
  if (i < end) {
    const last = f64x2.mul(v128.load64_splat(values + i), v128.load(weights + (i << 1)));
    sums = f64x2.add(sums, last);
    sizes = f64x2.add(sizes, f64x2.abs(last));
  }
  v128.store(into, f64x2.add(sums, moreSums));
  v128.store(into, f64x2.add(sizes, moreSizes), 16);
}

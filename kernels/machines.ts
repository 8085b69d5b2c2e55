import { exponential } from "./exponential";

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

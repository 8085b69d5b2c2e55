import { firstTwo, lanesOf, lastTwo, summed } from "./lanes";
import { exponential } from "./exponential";

/**
 * Products of `rows` rows with `columns` others, all of doubles, `padded` (a multiple of 4) a row. The product of row r
 * and column c goes to the double r * `stride` + c. In two lanes, numbers of even and of odd place.
 */
export function products(
  a: usize,
  rows: i32,
  b: usize,
  columns: i32,
  padded: i32,
  into: usize,
  stride: i32,
): void {
  const width = <usize>padded << 3;
  const step = <usize>stride << 3;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const a0 = a + <usize>row * width;
    const a1 = a0 + width;
    const a2 = a1 + width;
    const a3 = a2 + width;
    const own = into + <usize>row * step;
    let column = 0;
    for (; column + 2 <= columns; column += 2) {
      const b0 = b + <usize>column * width;
      const b1 = b0 + width;
      let s00 = f64x2.splat(0);
      let s01 = f64x2.splat(0);
      let s10 = f64x2.splat(0);
      let s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0);
      let s21 = f64x2.splat(0);
      let s30 = f64x2.splat(0);
      let s31 = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 32) {
        const y0 = v128.load(b0 + i);
        const y1 = v128.load(b1 + i);
        const x0 = v128.load(a0 + i);
        s00 = summed(s00, x0, y0);
        s01 = summed(s01, x0, y1);
        const x1 = v128.load(a1 + i);
        s10 = summed(s10, x1, y0);
        s11 = summed(s11, x1, y1);
        const x2 = v128.load(a2 + i);
        s20 = summed(s20, x2, y0);
        s21 = summed(s21, x2, y1);
        const x3 = v128.load(a3 + i);
        s30 = summed(s30, x3, y0);
        s31 = summed(s31, x3, y1);
        const z0 = v128.load(b0 + i, 16);
        const z1 = v128.load(b1 + i, 16);
        const w0 = v128.load(a0 + i, 16);
        s00 = summed(s00, w0, z0);
        s01 = summed(s01, w0, z1);
        const w1 = v128.load(a1 + i, 16);
        s10 = summed(s10, w1, z0);
        s11 = summed(s11, w1, z1);
        const w2 = v128.load(a2 + i, 16);
        s20 = summed(s20, w2, z0);
        s21 = summed(s21, w2, z1);
        const w3 = v128.load(a3 + i, 16);
        s30 = summed(s30, w3, z0);
        s31 = summed(s31, w3, z1);
      }
      const cell = own + (<usize>column << 3);
      store<f64>(cell, lanesOf(s00));
      store<f64>(cell, lanesOf(s01), 8);
      store<f64>(cell + step, lanesOf(s10));
      store<f64>(cell + step, lanesOf(s11), 8);
      store<f64>(cell + 2 * step, lanesOf(s20));
      store<f64>(cell + 2 * step, lanesOf(s21), 8);
      store<f64>(cell + 3 * step, lanesOf(s30));
      store<f64>(cell + 3 * step, lanesOf(s31), 8);
    }
    if (column < columns) {
      const b0 = b + <usize>column * width;
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 16) {
        const y = v128.load(b0 + i);
        s0 = summed(s0, v128.load(a0 + i), y);
        s1 = summed(s1, v128.load(a1 + i), y);
        s2 = summed(s2, v128.load(a2 + i), y);
        s3 = summed(s3, v128.load(a3 + i), y);
      }
      const cell = own + (<usize>column << 3);
      store<f64>(cell, lanesOf(s0));
      store<f64>(cell + step, lanesOf(s1));
      store<f64>(cell + 2 * step, lanesOf(s2));
      store<f64>(cell + 3 * step, lanesOf(s3));
    }
  }
  for (; row < rows; row++) {
    const own = a + <usize>row * width;
    for (let column = 0; column < columns; column++) {
      const other = b + <usize>column * width;
      let sum = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 16) {
        sum = summed(sum, v128.load(own + i), v128.load(other + i));
      }
      store<f64>(into + <usize>row * step + (<usize>column << 3), lanesOf(sum));
    }
  }
}

/** Two doubles as singles in the lower half. */
@inline
function storeSingles(at: usize, two: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(two), 0);
}

/** `count` doubles, an even number, as singles. */
export function narrow(values: usize, count: i32, into: usize): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 8) {
    storeSingles(into + i, v128.load(values + (i << 1)));
  }
}

/**
 * exp(-gamma |v - q|^2) as singles, for `count` vectors v, an even number, from the products v.q, `squares` |v|^2 and
 * `own` |q|^2.
 */
export function rbfSingles(values: usize, squares: usize, count: i32, own: f64, gamma: f64, into: usize): void {
  const square = f64x2.splat(own);
  const negative = f64x2.splat(-gamma);
  const zero = f64x2.splat(0);
  for (let i: usize = 0; i < <usize>count << 2; i += 8) {
    const product = v128.load(values + (i << 1));
    const squared = f64x2.sub(f64x2.add(square, v128.load(squares + (i << 1))), f64x2.add(product, product));
    storeSingles(into + i, exponential(f64x2.mul(negative, f64x2.pmax(squared, zero))));
  }
}

/** Numbers searched for their largest before it is looked for: where it stands is asked once a block. */
const searched: i32 = 64;

@inline
function largerLane(two: v128): f64 {
  const first = f64x2.extract_lane(two, 0);
  const second = f64x2.extract_lane(two, 1);
  return first < second ? second : first;
}

/**
 * A step of sequential minimal optimisation: takes `byFirst` times a row of the kernel and `bySecond` times another
 * from `count` violations, a multiple of 4, and answers where the largest is of those whose `rising` is 0, the last of
 * equals; -1 where it is -Infinity everywhere.
 */
export function smoStep(
  first: usize,
  second: usize,
  byFirst: f64,
  bySecond: f64,
  violations: usize,
  rising: usize,
  count: i32,
): i32 {
  const times = f64x2.splat(byFirst);
  const otherTimes = f64x2.splat(bySecond);
  let most = -Infinity;
  let found = -1;
  for (let from = 0; from < count; from += searched) {
    const end = min(from + searched, count);
    let a = f64x2.splat(-Infinity);
    let b = f64x2.splat(-Infinity);
    for (let t = from; t < end; t += 4) {
      const one = v128.load(first + (<usize>t << 2));
      const other = v128.load(second + (<usize>t << 2));
      const at = violations + (<usize>t << 3);
      const low = f64x2.sub(
        v128.load(at),
        f64x2.add(f64x2.mul(times, firstTwo(one)), f64x2.mul(otherTimes, firstTwo(other))),
      );
      const high = f64x2.sub(
        v128.load(at, 16),
        f64x2.add(f64x2.mul(times, lastTwo(one)), f64x2.mul(otherTimes, lastTwo(other))),
      );
      v128.store(at, low);
      v128.store(at, high, 16);
      a = f64x2.pmax(a, f64x2.add(low, v128.load(rising + (<usize>t << 3))));
      b = f64x2.pmax(b, f64x2.add(high, v128.load(rising + (<usize>t << 3), 16)));
    }
    const largest = largerLane(f64x2.pmax(a, b));
    if (largest >= most && largest > -Infinity) {
      most = largest;
      found = end - 1;
      while (load<f64>(violations + (<usize>found << 3)) + load<f64>(rising + (<usize>found << 3)) != largest) found--;
    }
  }
  return found;
}

/**
 * Which of `count` examples, a multiple of 4, gains most together with example `own`, whose row of the kernel is given,
 * by second-order information; the last of equals, or -1. Only those whose `falling` is 0. Writes to `facts` the least
 * violation among them, and uses the 65 doubles after it.
 */
export function smoPartner(
  row: usize,
  own: i32,
  violations: usize,
  falling: usize,
  diagonal: usize,
  count: i32,
  leastCurvature: f64,
  facts: usize,
): i32 {
  const gains = facts + 16;
  const most = f64x2.splat(load<f64>(violations + (<usize>own << 3)));
  const ownDiagonal = f64x2.splat(load<f64>(diagonal + (<usize>own << 3)));
  const floor = f64x2.splat(leastCurvature);
  const zero = f64x2.splat(0);
  let leasts = f64x2.splat(Infinity);
  let best: f64 = 0;
  let found = -1;
  for (let from = 0; from < count; from += searched) {
    const end = min(from + searched, count);
    let a = zero;
    for (let t = from; t < end; t += 2) {
      const at = <usize>t << 3;
      const violation = f64x2.add(v128.load(violations + at), v128.load(falling + at));
      leasts = f64x2.pmin(leasts, violation);
      const difference = f64x2.pmax(zero, f64x2.sub(most, violation));
      const value = firstTwo(v128.load64_zero(row + (<usize>t << 2)));
      const curvature = f64x2.sub(f64x2.add(ownDiagonal, v128.load(diagonal + at)), f64x2.add(value, value));
      const gain = f64x2.div(f64x2.mul(difference, difference), f64x2.pmax(floor, curvature));
      v128.store(gains + (<usize>(t - from) << 3), gain);
      a = f64x2.pmax(a, gain);
    }
    const largest = largerLane(a);
    if (largest >= best && largest > 0) {
      best = largest;
      found = end - 1;
      while (load<f64>(gains + (<usize>(found - from) << 3)) != largest) found--;
    }
  }
  const first = f64x2.extract_lane(leasts, 0);
  const second = f64x2.extract_lane(leasts, 1);
  store<f64>(facts, second < first ? second : first);
  return found;
}

/** Sum of `count` singles, a multiple of 4, times doubles. In four lanes. */
export function weighedRow(row: usize, weights: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const four = v128.load(row + i);
    a = summed(a, firstTwo(four), v128.load(weights + (i << 1)));
    b = summed(b, lastTwo(four), v128.load(weights + (i << 1), 16));
  }
  return lanesOf(f64x2.add(a, b));
}

/** Adds `times` a row of `dimension` singles to as many doubles. */
export function addRow(row: usize, dimension: i32, times: f64, into: usize): void {
  const factor = f64x2.splat(times);
  const whole = dimension & ~3;
  for (let i: usize = 0; i < <usize>whole << 2; i += 16) {
    const four = v128.load(row + i);
    const at = into + (i << 1);
    v128.store(at, summed(v128.load(at), factor, firstTwo(four)));
    v128.store(at, summed(v128.load(at, 16), factor, lastTwo(four)), 16);
  }
  for (let i = whole; i < dimension; i++) {
    const at = into + (<usize>i << 3);
    store<f64>(at, load<f64>(at) + times * <f64>load<f32>(row + (<usize>i << 2)));
  }
}

@inline
function twoSingles(at: usize): v128 {
  return firstTwo(v128.load64_zero(at));
}

/**
 * `products` of `rows` rows of doubles, a multiple of 4, with rows of `dimension` singles; the doubles are zero from
 * `dimension` to `padded`, a multiple of 2, and what follows a row of singles is read. The same bits as of doubles.
 */
export function productsOfSingles(
  a: usize,
  rows: i32,
  padded: i32,
  b: usize,
  columns: i32,
  dimension: i32,
  into: usize,
  stride: i32,
): void {
  const width = <usize>padded << 3;
  const other = <usize>dimension << 2;
  const step = <usize>stride << 3;
  for (let row = 0; row < rows; row += 4) {
    const a0 = a + <usize>row * width;
    const a1 = a0 + width;
    const a2 = a1 + width;
    const a3 = a2 + width;
    const own = into + <usize>row * step;
    let column = 0;
    for (; column + 2 <= columns; column += 2) {
      const b0 = b + <usize>column * other;
      const b1 = b0 + other;
      let s00 = f64x2.splat(0);
      let s01 = f64x2.splat(0);
      let s10 = f64x2.splat(0);
      let s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0);
      let s21 = f64x2.splat(0);
      let s30 = f64x2.splat(0);
      let s31 = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 16) {
        const y0 = twoSingles(b0 + (i >> 1));
        const y1 = twoSingles(b1 + (i >> 1));
        const x0 = v128.load(a0 + i);
        s00 = summed(s00, x0, y0);
        s01 = summed(s01, x0, y1);
        const x1 = v128.load(a1 + i);
        s10 = summed(s10, x1, y0);
        s11 = summed(s11, x1, y1);
        const x2 = v128.load(a2 + i);
        s20 = summed(s20, x2, y0);
        s21 = summed(s21, x2, y1);
        const x3 = v128.load(a3 + i);
        s30 = summed(s30, x3, y0);
        s31 = summed(s31, x3, y1);
      }
      const cell = own + (<usize>column << 3);
      store<f64>(cell, lanesOf(s00));
      store<f64>(cell, lanesOf(s01), 8);
      store<f64>(cell + step, lanesOf(s10));
      store<f64>(cell + step, lanesOf(s11), 8);
      store<f64>(cell + 2 * step, lanesOf(s20));
      store<f64>(cell + 2 * step, lanesOf(s21), 8);
      store<f64>(cell + 3 * step, lanesOf(s30));
      store<f64>(cell + 3 * step, lanesOf(s31), 8);
    }
    if (column < columns) {
      const b0 = b + <usize>column * other;
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 16) {
        const y = twoSingles(b0 + (i >> 1));
        s0 = summed(s0, v128.load(a0 + i), y);
        s1 = summed(s1, v128.load(a1 + i), y);
        s2 = summed(s2, v128.load(a2 + i), y);
        s3 = summed(s3, v128.load(a3 + i), y);
      }
      const cell = own + (<usize>column << 3);
      store<f64>(cell, lanesOf(s0));
      store<f64>(cell + step, lanesOf(s1));
      store<f64>(cell + 2 * step, lanesOf(s2));
      store<f64>(cell + 3 * step, lanesOf(s3));
    }
  }
}

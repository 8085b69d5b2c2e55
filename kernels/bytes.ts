import { boundTwo, sizeOfQuery } from "./encoded";
import { firstTwo, highOf, lanesOf } from "./lanes";

/**
 * The first `width` of the doubles at `x` as 16-bit integers times a scale, with zeros up to `padded`, a multiple of 16.
 * Writes to `facts`: the scale, the squared length, the length of what rounding took.
 */
export function encodeQuery(x: usize, width: i32, padded: i32, into: usize, facts: usize): void {
  // A quarter of the products of bytes and these must fit 32 bits.
  const steps = min<f64>(32767, floor<f64>(2147483647 / (127 * <f64>padded / 4)));
  const most = sizeOfQuery(x, width, facts);
  const scale = most / steps;
  const inverse = scale > 0 ? 1 / scale : 0;
  let lost: f64 = 0;
  let losts = f64x2.splat(0);
  let more = f64x2.splat(0);
  const whole = width & ~3;
  const scales = f64x2.splat(scale);
  const inverses = f64x2.splat(inverse);
  for (let i = 0; i < whole; i += 4) {
    const at = x + (<usize>i << 3);
    const to = into + (<usize>i << 1);
    losts = f64x2.add(losts, encodeTwo(v128.load(at), scales, inverses, to));
    more = f64x2.add(more, encodeTwo(v128.load(at, 16), scales, inverses, to + 4));
  }
  for (let i = whole; i < width; i++) {
    const value = load<f64>(x + (<usize>i << 3));
    const step = nearest(value * inverse);
    store<i16>(into + (<usize>i << 1), <i16>(<i32>step));
    const difference = value - step * scale;
    lost += difference * difference;
  }
  for (let i = width; i < padded; i++) store<i16>(into + (<usize>i << 1), 0);
  store<f64>(facts, scale);
  store<f64>(facts, sqrt(lost + lanesOf(f64x2.add(losts, more))), 16);
}

/** Writes two doubles as 16-bit integers, and returns the squares of what rounding took. */
@inline
function encodeTwo(values: v128, scales: v128, inverses: v128, into: usize): v128 {
  const steps = f64x2.nearest(f64x2.mul(values, inverses));
  const whole = i32x4.trunc_sat_f64x2_s_zero(steps);
  v128.store32_lane(into, i16x8.narrow_i32x4_s(whole, whole), 0);
  const difference = f64x2.sub(values, f64x2.mul(steps, scales));
  return f64x2.mul(difference, difference);
}

/** Of a number of a row in its block. */
@inline
function placeOf(i: i32): usize {
  return (<usize>(i >> 4) << 6) + <usize>(i & 15);
}

/**
 * Rows of `dimension` singles, in the order of `indices`, as bytes times a scale, four rows to a block of 4 * `padded`
 * bytes: 16 of the first, 16 of the second and so on, so that who reads all four reads one address after the other.
 * Of each block `facts` receives sixteen doubles: of the four rows the scales, the lengths, the lengths of what rounding
 * took, the sums of the bytes.
 */
export function encodeRows(
  rows: usize,
  dimension: i32,
  width: i32,
  padded: i32,
  indices: usize,
  count: i32,
  into: usize,
  facts: usize,
): void {
  for (let n = 0; n < count; n++) {
    const row = rows + (<usize>load<u32>(indices + (<usize>n << 2)) * <usize>dimension << 2);
    const bytes = into + <usize>(n >> 2) * (<usize>padded << 2) + (<usize>(n & 3) << 4);
    const even = width & ~1;
    let mosts = f64x2.splat(0);
    let squares = f64x2.splat(0);
    for (let i = 0; i < even; i += 2) {
      const values = firstTwo(v128.load64_zero(row + (<usize>i << 2)));
      mosts = f64x2.pmax(mosts, f64x2.abs(values));
      squares = f64x2.add(squares, f64x2.mul(values, values));
    }
    const last = even < width ? <f64>load<f32>(row + (<usize>even << 2)) : 0;
    const most = max(max(f64x2.extract_lane(mosts, 0), f64x2.extract_lane(mosts, 1)), abs(last));
    const scale = most / 127;
    const inverse = scale > 0 ? 1 / scale : 0;
    const scales = f64x2.splat(scale);
    const inverses = f64x2.splat(inverse);
    let losts = f64x2.splat(0);
    let sums = f64x2.splat(0);
    for (let i = 0; i < even; i += 2) {
      const values = firstTwo(v128.load64_zero(row + (<usize>i << 2)));
      const steps = f64x2.nearest(f64x2.mul(values, inverses));
      const whole = i32x4.trunc_sat_f64x2_s_zero(steps);
      const at = bytes + placeOf(i);
      store<i8>(at, <i8>i32x4.extract_lane(whole, 0));
      store<i8>(at, <i8>i32x4.extract_lane(whole, 1), 1);
      const difference = f64x2.sub(values, f64x2.mul(steps, scales));
      losts = f64x2.add(losts, f64x2.mul(difference, difference));
      sums = f64x2.add(sums, steps);
    }
    const lastStep = nearest(last * inverse);
    if (even < width) store<i8>(bytes + placeOf(even), <i8>(<i32>lastStep));
    const lastLost = last - lastStep * scale;
    for (let i = width; i < padded; i++) store<i8>(bytes + placeOf(i), 0);
    const own = facts + (<usize>(n >> 2) << 7) + (<usize>(n & 3) << 3);
    store<f64>(own, scale);
    store<f64>(own, sqrt(lanesOf(squares) + last * last), 32);
    store<f64>(own, sqrt(lanesOf(losts) + lastLost * lastLost), 64);
    store<f64>(own, lanesOf(sums) + lastStep, 96);
  }
}

/**
 * Between which values the squared distance of each of `count` encoded rows, a multiple of 4, to an encoded query lies, `tail` being what
 * the numbers outside the encoding add to it. |e - q|^2 = |e|^2 + |q|^2 - 2 e.q, and with e = e' + a, q = q' + b
 * (Cauchy and Schwarz) |e.q - e'.q'| <= |a| |q| + |e'| |b|, where e'.q' is a whole number times both scales. `slack` is
 * relative, and covers the rounding of doubles.
 */
export function bounds(
  bytes: usize,
  padded: i32,
  facts: usize,
  count: i32,
  query: usize,
  queryFacts: usize,
  tail: f64,
  slack: f64,
  lower: usize,
  upper: usize,
): void {
  const tails = f64x2.splat(tail);
  const slacks = f64x2.splat(slack);
  const end = query + (<usize>padded << 1);
  let row = bytes;
  for (let n = 0; n < count; n += 4) {
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    for (let at = query; at < end; at += 32) {
      const low = v128.load(at);
      const high = v128.load(at, 16);
      a = i32x4.add(a, i32x4.dot_i16x8_s(low, v128.load8x8_s(row)));
      a = i32x4.add(a, i32x4.dot_i16x8_s(high, v128.load8x8_s(row, 8)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(low, v128.load8x8_s(row, 16)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(high, v128.load8x8_s(row, 24)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(low, v128.load8x8_s(row, 32)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(high, v128.load8x8_s(row, 40)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(low, v128.load8x8_s(row, 48)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(high, v128.load8x8_s(row, 56)));
      row += 64;
    }
    const own = facts + (<usize>n << 5);
    const at = <usize>n << 3;
    boundTwo(sumsOfTwo(a, b), own, queryFacts, tails, slacks, lower + at, upper + at);
    boundTwo(sumsOfTwo(c, d), own + 16, queryFacts, tails, slacks, lower + at + 16, upper + at + 16);
  }
}

/** The sum of the lanes of each, in doubles: four such lanes need not fit 32 bits together. */
@inline
function sumsOfTwo(a: v128, b: v128): v128 {
  const ofA = f64x2.add(f64x2.convert_low_i32x4_s(a), f64x2.convert_low_i32x4_s(highOf(a)));
  const ofB = f64x2.add(f64x2.convert_low_i32x4_s(b), f64x2.convert_low_i32x4_s(highOf(b)));
  return f64x2.add(
    i8x16.shuffle(ofA, ofB, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
    i8x16.shuffle(ofA, ofB, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
  );
}

import { firstTwo, lanesOf } from "./lanes";

/**
 * The first `width` of the doubles at `x` as 16-bit integers, of at most `steps`, times a scale; with zeros up to
 * `padded`, a multiple of 16. Writes to `facts`: the scale, the squared length, the length of what rounding took.
 */
export function encodeQuery(x: usize, width: i32, padded: i32, steps: f64, into: usize, facts: usize): void {
  const whole = width & ~7;
  let most01 = f64x2.splat(0);
  let most23 = f64x2.splat(0);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  for (let i = 0; i < whole; i += 8) {
    const at = x + (<usize>i << 3);
    const v0 = v128.load(at);
    const v1 = v128.load(at, 16);
    const v2 = v128.load(at, 32);
    const v3 = v128.load(at, 48);
    most01 = f64x2.pmax(most01, f64x2.pmax(f64x2.abs(v0), f64x2.abs(v1)));
    most23 = f64x2.pmax(most23, f64x2.pmax(f64x2.abs(v2), f64x2.abs(v3)));
    a = f64x2.add(a, f64x2.mul(v0, v0));
    b = f64x2.add(b, f64x2.mul(v1, v1));
    c = f64x2.add(c, f64x2.mul(v2, v2));
    d = f64x2.add(d, f64x2.mul(v3, v3));
  }
  const mosts = f64x2.pmax(most01, most23);
  let most = max(f64x2.extract_lane(mosts, 0), f64x2.extract_lane(mosts, 1));
  let squared = lanesOf(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  for (let i = whole; i < width; i++) {
    const value = load<f64>(x + (<usize>i << 3));
    most = max(most, abs(value));
    squared += value * value;
  }
  const scale = most / steps;
  const inverse = scale > 0 ? 1 / scale : 0;
  const scales = f64x2.splat(scale);
  const inverses = f64x2.splat(inverse);
  a = f64x2.splat(0);
  b = f64x2.splat(0);
  c = f64x2.splat(0);
  d = f64x2.splat(0);
  for (let i = 0; i < whole; i += 8) {
    const at = x + (<usize>i << 3);
    const to = into + (<usize>i << 1);
    a = f64x2.add(a, encodeTwo(v128.load(at), scales, inverses, to));
    b = f64x2.add(b, encodeTwo(v128.load(at, 16), scales, inverses, to + 4));
    c = f64x2.add(c, encodeTwo(v128.load(at, 32), scales, inverses, to + 8));
    d = f64x2.add(d, encodeTwo(v128.load(at, 48), scales, inverses, to + 12));
  }
  let lost = lanesOf(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  for (let i = whole; i < width; i++) {
    const value = load<f64>(x + (<usize>i << 3));
    const step = nearest(value * inverse);
    store<i16>(into + (<usize>i << 1), <i16>(<i32>step));
    const difference = value - step * scale;
    lost += difference * difference;
  }
  for (let i = width; i < padded; i++) store<i16>(into + (<usize>i << 1), 0);
  store<f64>(facts, scale);
  store<f64>(facts, squared, 8);
  store<f64>(facts, sqrt(lost), 16);
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
 * Writes four doubles of each to `facts`: the scale, the squared length, the length of what rounding took, the length of
 * the rest.
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
    let kepts = f64x2.splat(0);
    for (let i = 0; i < even; i += 2) {
      const values = firstTwo(v128.load64_zero(row + (<usize>i << 2)));
      const steps = f64x2.nearest(f64x2.mul(values, inverses));
      const whole = i32x4.trunc_sat_f64x2_s_zero(steps);
      const at = bytes + placeOf(i);
      store<i8>(at, <i8>i32x4.extract_lane(whole, 0));
      store<i8>(at, <i8>i32x4.extract_lane(whole, 1), 1);
      const decoded = f64x2.mul(steps, scales);
      const difference = f64x2.sub(values, decoded);
      losts = f64x2.add(losts, f64x2.mul(difference, difference));
      kepts = f64x2.add(kepts, f64x2.mul(decoded, decoded));
    }
    const lastStep = nearest(last * inverse);
    if (even < width) store<i8>(bytes + placeOf(even), <i8>(<i32>lastStep));
    const lastKept = lastStep * scale;
    const lastLost = last - lastKept;
    const squared = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1) + last * last;
    const lost = f64x2.extract_lane(losts, 0) + f64x2.extract_lane(losts, 1) + lastLost * lastLost;
    const kept = f64x2.extract_lane(kepts, 0) + f64x2.extract_lane(kepts, 1) + lastKept * lastKept;
    for (let i = width; i < padded; i++) store<i8>(bytes + placeOf(i), 0);
    const own = facts + (<usize>n << 5);
    store<f64>(own, scale);
    store<f64>(own, squared, 8);
    store<f64>(own, sqrt(lost), 16);
    store<f64>(own, sqrt(kept), 24);
  }
}

@inline
function sumOfInts(four: v128): f64 {
  return (
    <f64>i32x4.extract_lane(four, 0) +
    <f64>i32x4.extract_lane(four, 1) +
    <f64>i32x4.extract_lane(four, 2) +
    <f64>i32x4.extract_lane(four, 3)
  );
}

/** Part of every bound: squares of numbers below 1e-150 vanish. */
const least: f64 = 1e-290;

/**
 * Between which values the squared distance of each of `count` encoded rows, a multiple of 4, to an encoded query lies, `tail` being what
 * the numbers outside the encoding add to it. |e - q|^2 = |e|^2 + |q|^2 - 2 e.q, and with e = e' + a, q = q' + b
 * (Cauchy and Schwarz) |e.q - e'.q'| <= |a| |q| + |e'| |b|. e'.q' is a whole number times both scales; a quarter of its
 * products must fit 32 bits, which `steps` of encodeQuery sees to. `slack` is relative, and covers the rounding of
 * doubles.
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
  const queryScale = load<f64>(queryFacts);
  const querySquared = load<f64>(queryFacts, 8);
  const queryLost = load<f64>(queryFacts, 16);
  const queryLength = sqrt(querySquared);
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
    bound(sumOfInts(a), n, facts, queryScale, querySquared, queryLost, queryLength, tail, slack, lower, upper);
    bound(sumOfInts(b), n + 1, facts, queryScale, querySquared, queryLost, queryLength, tail, slack, lower, upper);
    bound(sumOfInts(c), n + 2, facts, queryScale, querySquared, queryLost, queryLength, tail, slack, lower, upper);
    bound(sumOfInts(d), n + 3, facts, queryScale, querySquared, queryLost, queryLength, tail, slack, lower, upper);
  }
}

@inline
function bound(
  product: f64,
  n: i32,
  facts: usize,
  queryScale: f64,
  querySquared: f64,
  queryLost: f64,
  queryLength: f64,
  tail: f64,
  slack: f64,
  lower: usize,
  upper: usize,
): void {
  const own = facts + (<usize>n << 5);
  const squares = load<f64>(own, 8) + querySquared;
  const middle = tail + (squares - 2 * (load<f64>(own) * queryScale * product));
  const reach =
    2 * (load<f64>(own, 16) * queryLength + load<f64>(own, 24) * queryLost) + slack * (squares + tail) + least;
  store<f64>(lower + (<usize>n << 3), middle - reach);
  store<f64>(upper + (<usize>n << 3), middle + reach);
}

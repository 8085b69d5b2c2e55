// `encodeQuery` and `bounds` of bytes.ts for engines with relaxed SIMD, in half the time: one instruction multiplies and
// adds sixteen bytes. It wants one factor within 0 and 127, so a query is two such lists: with q = 128 (high - 64) + low,
// the product of a row and q is 128 row.high + row.low - 8192 times the sum of the row. Nothing is left to the engine
// while both factors stay within 127: no pair of products is more than 16 bits hold.
import { boundTwo, sizeOfQuery } from "./encoded";
import { highOf, lanesOf } from "./lanes";

/** So that high is at most 127. */
const steps: f64 = 8191;

/** As that of bytes.ts; `into` has room for two lists of `padded` bytes. */
export function encodeQuery(x: usize, width: i32, padded: i32, into: usize, facts: usize): void {
  const most = sizeOfQuery(x, width, facts);
  const scale = most / steps;
  const inverse = scale > 0 ? 1 / scale : 0;
  const scales = f64x2.splat(scale);
  const inverses = f64x2.splat(inverse);
  const low = into + <usize>padded;
  const whole = width & ~3;
  let losts = f64x2.splat(0);
  let more = f64x2.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const at = x + (<usize>i << 3);
    const first = v128.load(at);
    const second = v128.load(at, 16);
    const firstSteps = f64x2.nearest(f64x2.mul(first, inverses));
    const secondSteps = f64x2.nearest(f64x2.mul(second, inverses));
    const a = f64x2.sub(first, f64x2.mul(firstSteps, scales));
    const b = f64x2.sub(second, f64x2.mul(secondSteps, scales));
    losts = f64x2.add(losts, f64x2.mul(a, a));
    more = f64x2.add(more, f64x2.mul(b, b));
    storeFour(i32x4.trunc_sat_f64x2_s_zero(firstSteps), i32x4.trunc_sat_f64x2_s_zero(secondSteps), into + <usize>i, low + <usize>i);
  }
  let lost = lanesOf(f64x2.add(losts, more));
  for (let i = whole; i < width; i++) {
    const value = load<f64>(x + (<usize>i << 3));
    const step = nearest(value * inverse);
    const raised = <i32>step + 8192;
    store<u8>(into + <usize>i, <u8>(raised >> 7));
    store<u8>(low + <usize>i, <u8>(raised & 127));
    const difference = value - step * scale;
    lost += difference * difference;
  }
  for (let i = width; i < padded; i++) {
    store<u8>(into + <usize>i, 64);
    store<u8>(low + <usize>i, 0);
  }
  store<f64>(facts, scale);
  store<f64>(facts, sqrt(lost), 16);
}

/** Two integers of `first` and two of `second`, the others are 0. */
@inline
function storeFour(first: v128, second: v128, high: usize, low: usize): void {
  const four = i8x16.shuffle(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  const raised = i32x4.add(four, i32x4.splat(8192));
  const highs = i32x4.shr_u(raised, 7);
  const lows = v128.and(raised, i32x4.splat(127));
  const shorts = i16x8.narrow_i32x4_s(highs, lows);
  const both = i8x16.narrow_i16x8_u(shorts, shorts);
  v128.store32_lane(high, both, 0);
  v128.store32_lane(low, both, 1);
}

/** As that of bytes.ts. */
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
  const end = query + <usize>padded;
  let row = bytes;
  for (let n = 0; n < count; n += 4) {
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    let e = i32x4.splat(0);
    let f = i32x4.splat(0);
    let g = i32x4.splat(0);
    let h = i32x4.splat(0);
    for (let at = query; at < end; at += 16) {
      const high = v128.load(at);
      const low = v128.load(at + <usize>padded);
      const r0 = v128.load(row);
      const r1 = v128.load(row, 16);
      const r2 = v128.load(row, 32);
      const r3 = v128.load(row, 48);
      a = i32x4.relaxed_dot_i8x16_i7x16_add_s(r0, high, a);
      b = i32x4.relaxed_dot_i8x16_i7x16_add_s(r1, high, b);
      c = i32x4.relaxed_dot_i8x16_i7x16_add_s(r2, high, c);
      d = i32x4.relaxed_dot_i8x16_i7x16_add_s(r3, high, d);
      e = i32x4.relaxed_dot_i8x16_i7x16_add_s(r0, low, e);
      f = i32x4.relaxed_dot_i8x16_i7x16_add_s(r1, low, f);
      g = i32x4.relaxed_dot_i8x16_i7x16_add_s(r2, low, g);
      h = i32x4.relaxed_dot_i8x16_i7x16_add_s(r3, low, h);
      row += 64;
    }
    const highs = sums(a, b, c, d);
    const lows = sums(e, f, g, h);
    const own = facts + (<usize>n << 5);
    const place = <usize>n << 3;
    boundTwo(products(highs, lows, own), own, queryFacts, tails, slacks, lower + place, upper + place);
    boundTwo(
      products(highOf(highs), highOf(lows), own + 16),
      own + 16,
      queryFacts,
      tails,
      slacks,
      lower + place + 16,
      upper + place + 16,
    );
  }
}

/** The sum of the lanes of each: at most 127 * 127 times `padded`, which 32 bits hold up to 133,000. */
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(
    i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
    i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31),
  );
  const cd = i32x4.add(
    i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
    i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31),
  );
  return i32x4.add(
    i8x16.shuffle(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
    i8x16.shuffle(ab, cd, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
  );
}

/** Of the first two rows, in doubles, which hold them exactly. */
@inline
function products(highs: v128, lows: v128, facts: usize): v128 {
  const raised = f64x2.add(
    f64x2.mul(f64x2.splat(128), f64x2.convert_low_i32x4_s(highs)),
    f64x2.convert_low_i32x4_s(lows),
  );
  return f64x2.sub(raised, f64x2.mul(f64x2.splat(8192), v128.load(facts, 96)));
}

// AssemblyScript, for 128-bit WebAssembly SIMD. scripts/build-kernels.ts compiles this file, and
// src/math/kernels/plain.ts says the same in TypeScript, function by function. What names data is a byte offset into the
// one imported memory.
//
// Offsets of rows need no alignment: a row of 1038 singles is no multiple of 16 bytes, and the machines that run this
// read across a cache line at little cost.

/** f64x2 of the singles at `at` and after it, or of the two that follow. */
@inline
function firstTwo(four: v128): v128 {
  return f64x2.promote_low_f32x4(four);
}

@inline
function lastTwo(four: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

@inline
function squaredDifference(a: v128, b: v128): v128 {
  const difference = f64x2.sub(a, b);
  return f64x2.mul(difference, difference);
}

/**
 * Squared distances from `x` (doubles) to `count` rows of singles, those whose indices stand at `indices`. In eight
 * lanes, added as `squaredDistance` of src/math/matrix.ts does: both give the same bits.
 */
export function distances(rows: usize, dimension: i32, x: usize, indices: usize, count: i32, into: usize): void {
  const whole = dimension & ~7;
  for (let n = 0; n < count; n++) {
    const row = rows + (<usize>load<u32>(indices + (<usize>n << 2)) * <usize>dimension << 2);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let i = 0; i < whole; i += 8) {
      const low = v128.load(row + (<usize>i << 2));
      const high = v128.load(row + (<usize>i << 2), 16);
      const own = x + (<usize>i << 3);
      a = f64x2.add(a, squaredDifference(v128.load(own), firstTwo(low)));
      b = f64x2.add(b, squaredDifference(v128.load(own, 16), lastTwo(low)));
      c = f64x2.add(c, squaredDifference(v128.load(own, 32), firstTwo(high)));
      d = f64x2.add(d, squaredDifference(v128.load(own, 48), lastTwo(high)));
    }
    // Lanes 0 and 1, 2 and 3, 4 and 5, 6 and 7; the numbers after the last eight go on from lane 0.
    if (whole < dimension) {
      a = f64x2.add(a, restOfTwo(row, x, whole, dimension));
      b = f64x2.add(b, restOfTwo(row, x, whole + 2, dimension));
      c = f64x2.add(c, restOfTwo(row, x, whole + 4, dimension));
      d = f64x2.add(d, restOfTwo(row, x, whole + 6, dimension));
    }
    const sum = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
    store<f64>(into + (<usize>n << 3), f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
  }
}

function restOfTwo(row: usize, x: usize, i: i32, dimension: i32): v128 {
  const own = x + (<usize>i << 3);
  const other = row + (<usize>i << 2);
  const first = i < dimension ? load<f64>(own) - <f64>load<f32>(other) : 0;
  const second = i + 1 < dimension ? load<f64>(own, 8) - <f64>load<f32>(other, 4) : 0;
  return f64x2.replace_lane(f64x2.splat(first * first), 1, second * second);
}

/**
 * The first `width` of the doubles at `x` as 16-bit integers, of at most `steps`, times a scale; with zeros up to
 * `padded`, a multiple of 16. Writes to `facts`: the scale, the squared length, the length of what rounding took.
 */
export function encodeQuery(x: usize, width: i32, padded: i32, steps: f64, into: usize, facts: usize): void {
  const even = width & ~1;
  let mosts = f64x2.splat(0);
  let squares = f64x2.splat(0);
  for (let i = 0; i < even; i += 2) {
    const values = v128.load(x + (<usize>i << 3));
    mosts = f64x2.pmax(mosts, f64x2.abs(values));
    squares = f64x2.add(squares, f64x2.mul(values, values));
  }
  const last = even < width ? load<f64>(x + (<usize>even << 3)) : 0;
  const most = max(max(f64x2.extract_lane(mosts, 0), f64x2.extract_lane(mosts, 1)), abs(last));
  const scale = most / steps;
  const inverse = scale > 0 ? 1 / scale : 0;
  const scales = f64x2.splat(scale);
  const inverses = f64x2.splat(inverse);
  let losts = f64x2.splat(0);
  for (let i = 0; i < even; i += 2) {
    const values = v128.load(x + (<usize>i << 3));
    const whole = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(values, inverses)));
    const kept = i16x8.narrow_i32x4_s(whole, whole);
    v128.store32_lane(into + (<usize>i << 1), kept, 0);
    const difference = f64x2.sub(values, f64x2.mul(f64x2.convert_low_i32x4_s(i32x4.extend_low_i16x8_s(kept)), scales));
    losts = f64x2.add(losts, f64x2.mul(difference, difference));
  }
  const lastStep = nearest(last * inverse);
  if (even < width) store<i16>(into + (<usize>even << 1), <i16>(<i32>lastStep));
  const lastLost = last - lastStep * scale;
  const squared = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1) + last * last;
  const lost = f64x2.extract_lane(losts, 0) + f64x2.extract_lane(losts, 1) + lastLost * lastLost;
  for (let i = width; i < padded; i++) store<i16>(into + (<usize>i << 1), 0);
  store<f64>(facts, scale);
  store<f64>(facts, squared, 8);
  store<f64>(facts, sqrt(lost), 16);
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

/** Numbers whose products are added in single precision before the sum goes on in double. A multiple of 4. */
const block: i32 = 128;

@inline
function sumOfSingles(four: v128): f64 {
  const pairs = f64x2.add(firstTwo(four), lastTwo(four));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

@inline
function fused(sum: v128, row: usize, x: v128): v128 {
  return f32x4.add(sum, f32x4.mul(v128.load(row), x));
}

@inline
function addTo(into: usize, n: i32, value: f64): void {
  const at = into + (<usize>n << 3);
  store<f64>(at, load<f64>(at) + value);
}

/**
 * Dot products of `x` with `count` rows, both of singles, as doubles: single precision within a block of 128 numbers,
 * four lanes, double across blocks.
 */
export function dots(rows: usize, count: i32, dimension: i32, x: usize, into: usize): void {
  const whole = dimension & ~3;
  const stride = <usize>dimension << 2;
  let n = 0;
  for (; n + 8 <= count; n += 8) {
    const first = rows + <usize>n * stride;
    for (let k = 0; k < 8; k++) store<f64>(into + (<usize>(n + k) << 3), 0);
    for (let from = 0; from < whole; from += block) {
      const end = <usize>min(from + block, whole) << 2;
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      let e = f32x4.splat(0);
      let f = f32x4.splat(0);
      let g = f32x4.splat(0);
      let h = f32x4.splat(0);
      for (let i = <usize>from << 2; i < end; i += 16) {
        const own = v128.load(x + i);
        const r0 = first + i;
        const r1 = r0 + stride;
        const r2 = r1 + stride;
        const r3 = r2 + stride;
        const r4 = r3 + stride;
        const r5 = r4 + stride;
        const r6 = r5 + stride;
        a = fused(a, r0, own);
        b = fused(b, r1, own);
        c = fused(c, r2, own);
        d = fused(d, r3, own);
        e = fused(e, r4, own);
        f = fused(f, r5, own);
        g = fused(g, r6, own);
        h = fused(h, r6 + stride, own);
      }
      addTo(into, n, sumOfSingles(a));
      addTo(into, n + 1, sumOfSingles(b));
      addTo(into, n + 2, sumOfSingles(c));
      addTo(into, n + 3, sumOfSingles(d));
      addTo(into, n + 4, sumOfSingles(e));
      addTo(into, n + 5, sumOfSingles(f));
      addTo(into, n + 6, sumOfSingles(g));
      addTo(into, n + 7, sumOfSingles(h));
    }
    for (let k = 0; k < 8; k++) addTo(into, n + k, restOfDot(first + <usize>k * stride, x, whole, dimension));
  }
  for (; n + 4 <= count; n += 4) {
    const first = rows + <usize>n * stride;
    for (let k = 0; k < 4; k++) store<f64>(into + (<usize>(n + k) << 3), 0);
    for (let from = 0; from < whole; from += block) {
      const end = <usize>min(from + block, whole) << 2;
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      for (let i = <usize>from << 2; i < end; i += 16) {
        const own = v128.load(x + i);
        const r0 = first + i;
        const r1 = r0 + stride;
        const r2 = r1 + stride;
        a = fused(a, r0, own);
        b = fused(b, r1, own);
        c = fused(c, r2, own);
        d = fused(d, r2 + stride, own);
      }
      addTo(into, n, sumOfSingles(a));
      addTo(into, n + 1, sumOfSingles(b));
      addTo(into, n + 2, sumOfSingles(c));
      addTo(into, n + 3, sumOfSingles(d));
    }
    for (let k = 0; k < 4; k++) addTo(into, n + k, restOfDot(first + <usize>k * stride, x, whole, dimension));
  }
  for (; n < count; n++) {
    const row = rows + <usize>n * stride;
    store<f64>(into + (<usize>n << 3), 0);
    for (let from = 0; from < whole; from += block) {
      const end = <usize>min(from + block, whole) << 2;
      let a = f32x4.splat(0);
      for (let i = <usize>from << 2; i < end; i += 16) a = fused(a, row + i, v128.load(x + i));
      addTo(into, n, sumOfSingles(a));
    }
    addTo(into, n, restOfDot(row, x, whole, dimension));
  }
}

/** `dots` with the rows whose indices (u32) stand at `indices`. */
export function dotsAt(rows: usize, indices: usize, count: i32, dimension: i32, x: usize, into: usize): void {
  const whole = dimension & ~3;
  const stride = <usize>dimension << 2;
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const own = indices + (<usize>n << 2);
    const first = rows + <usize>load<u32>(own) * stride;
    const second = rows + <usize>load<u32>(own, 4) * stride;
    const third = rows + <usize>load<u32>(own, 8) * stride;
    const fourth = rows + <usize>load<u32>(own, 12) * stride;
    for (let k = 0; k < 4; k++) store<f64>(into + (<usize>(n + k) << 3), 0);
    for (let from = 0; from < whole; from += block) {
      const end = <usize>min(from + block, whole) << 2;
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      for (let i = <usize>from << 2; i < end; i += 16) {
        const numbers = v128.load(x + i);
        a = fused(a, first + i, numbers);
        b = fused(b, second + i, numbers);
        c = fused(c, third + i, numbers);
        d = fused(d, fourth + i, numbers);
      }
      addTo(into, n, sumOfSingles(a));
      addTo(into, n + 1, sumOfSingles(b));
      addTo(into, n + 2, sumOfSingles(c));
      addTo(into, n + 3, sumOfSingles(d));
    }
    addTo(into, n, restOfDot(first, x, whole, dimension));
    addTo(into, n + 1, restOfDot(second, x, whole, dimension));
    addTo(into, n + 2, restOfDot(third, x, whole, dimension));
    addTo(into, n + 3, restOfDot(fourth, x, whole, dimension));
  }
  for (; n < count; n++) {
    const row = rows + <usize>load<u32>(indices + (<usize>n << 2)) * stride;
    dots(row, 1, dimension, x, into + (<usize>n << 3));
  }
}

/** Of the numbers after the last four, in double precision. */
function restOfDot(row: usize, x: usize, from: i32, dimension: i32): f64 {
  let sum: f64 = 0;
  for (let i = from; i < dimension; i++) {
    const at = <usize>i << 2;
    sum += <f64>load<f32>(row + at) * <f64>load<f32>(x + at);
  }
  return sum;
}

/** Of the singles at `x`, in double precision. */
export function squaredLength(x: usize, dimension: i32): f64 {
  const whole = dimension & ~3;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const four = v128.load(x + (<usize>i << 2));
    const low = firstTwo(four);
    const high = lastTwo(four);
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  const sum = f64x2.add(a, b);
  const rest = <usize>whole << 2;
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) + restOfDot(x + rest, x + rest, 0, dimension - whole);
}

/** `dots` of four vectors that stand one after the other at `x`, into four lists of `count`: rows are read once. */
export function dotsOfFour(rows: usize, count: i32, dimension: i32, x: usize, into: usize): void {
  const whole = dimension & ~3;
  const stride = <usize>dimension << 2;
  const list = <usize>count << 3;
  const x1 = x + stride;
  const x2 = x1 + stride;
  const x3 = x2 + stride;
  let n = 0;
  for (; n + 2 <= count; n += 2) {
    const first = rows + <usize>n * stride;
    const second = first + stride;
    for (let k: usize = 0; k < 4; k++) {
      store<f64>(into + k * list + (<usize>n << 3), 0);
      store<f64>(into + k * list + (<usize>n << 3), 0, 8);
    }
    for (let from = 0; from < whole; from += block) {
      const end = <usize>min(from + block, whole) << 2;
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      let e = f32x4.splat(0);
      let f = f32x4.splat(0);
      let g = f32x4.splat(0);
      let h = f32x4.splat(0);
      for (let i = <usize>from << 2; i < end; i += 16) {
        const r0 = v128.load(first + i);
        const r1 = v128.load(second + i);
        const q0 = v128.load(x + i);
        a = f32x4.add(a, f32x4.mul(r0, q0));
        e = f32x4.add(e, f32x4.mul(r1, q0));
        const q1 = v128.load(x1 + i);
        b = f32x4.add(b, f32x4.mul(r0, q1));
        f = f32x4.add(f, f32x4.mul(r1, q1));
        const q2 = v128.load(x2 + i);
        c = f32x4.add(c, f32x4.mul(r0, q2));
        g = f32x4.add(g, f32x4.mul(r1, q2));
        const q3 = v128.load(x3 + i);
        d = f32x4.add(d, f32x4.mul(r0, q3));
        h = f32x4.add(h, f32x4.mul(r1, q3));
      }
      addTo(into, n, sumOfSingles(a));
      addTo(into + list, n, sumOfSingles(b));
      addTo(into + 2 * list, n, sumOfSingles(c));
      addTo(into + 3 * list, n, sumOfSingles(d));
      addTo(into, n + 1, sumOfSingles(e));
      addTo(into + list, n + 1, sumOfSingles(f));
      addTo(into + 2 * list, n + 1, sumOfSingles(g));
      addTo(into + 3 * list, n + 1, sumOfSingles(h));
    }
    for (let k: usize = 0; k < 4; k++) {
      addTo(into + k * list, n, restOfDot(first, x + k * stride, whole, dimension));
      addTo(into + k * list, n + 1, restOfDot(second, x + k * stride, whole, dimension));
    }
  }
  // One row is left over.
  for (; n < count; n++) {
    for (let k: usize = 0; k < 4; k++) {
      dots(rows + <usize>n * stride, 1, dimension, x + k * stride, into + k * list + (<usize>n << 3));
    }
  }
}

const log2e: f64 = 1.4426950408889634;
/** ln 2 in two parts, so that a whole number times the first is exact (Cody and Waite). */
const ln2High: f64 = 6.93147180369123816490e-1;
const ln2Low: f64 = 1.90821492927058770002e-10;
/** exp of less is below the smallest normal double, and taken as that of this. */
const leastExponent: f64 = -708;

/** e to the power of two doubles of at most 0: Taylor's series to the 13th power on [-ln 2 / 2, ln 2 / 2]. */
@inline
function exponential(power: v128): v128 {
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

@inline
function lanesOf(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

@inline
function summed(sum: v128, a: v128, b: v128): v128 {
  return f64x2.add(sum, f64x2.mul(a, b));
}

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

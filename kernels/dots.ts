import { firstTwo, lastTwo } from "./lanes";

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

/** Of the singles at `x`, in single precision within a block of 128 numbers, in double across blocks. */
export function roughSquaredLength(x: usize, dimension: i32): f64 {
  const whole = dimension & ~15;
  let sum: f64 = 0;
  for (let from = 0; from < whole; from += block) {
    const end = <usize>min(from + block, whole) << 2;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    for (let i = <usize>from << 2; i < end; i += 64) {
      a = fused(a, x + i, v128.load(x + i));
      b = fused(b, x + i + 16, v128.load(x + i, 16));
      c = fused(c, x + i + 32, v128.load(x + i, 32));
      d = fused(d, x + i + 48, v128.load(x + i, 48));
    }
    sum += sumOfSingles(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  return sum + restOfDot(x, x, whole, dimension);
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

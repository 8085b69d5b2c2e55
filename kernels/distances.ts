import { firstTwo, lastTwo } from "./lanes";

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

import { lanesOf } from "./lanes";

/** Writes the squared length of the first `width` of the doubles at `x` to `facts` + 8; returns their largest size. */
export function sizeOfQuery(x: usize, width: i32, facts: usize): f64 {
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
  store<f64>(facts, squared, 8);
  return most;
}

/** Part of every bound: squares of numbers below 1e-150 vanish. */
const least: f64 = 1e-290;

/** The bounds of two rows of a block, whose facts stand at `facts`, from their products with the query. */
@inline
export function boundTwo(
  products: v128,
  facts: usize,
  queryFacts: usize,
  tail: v128,
  slack: v128,
  lower: usize,
  upper: usize,
): void {
  const two = f64x2.splat(2);
  const querySquared = v128.load64_splat(queryFacts, 8);
  const queryLost = v128.load64_splat(queryFacts, 16);
  const scale = f64x2.mul(v128.load(facts), v128.load64_splat(queryFacts));
  const length = v128.load(facts, 32);
  const lost = v128.load(facts, 64);
  const squares = f64x2.add(f64x2.mul(length, length), querySquared);
  const middle = f64x2.add(tail, f64x2.sub(squares, f64x2.mul(two, f64x2.mul(scale, products))));
  const doubt = f64x2.add(
    f64x2.mul(lost, f64x2.sqrt(querySquared)),
    f64x2.mul(f64x2.add(length, lost), queryLost),
  );
  const rounding = f64x2.add(f64x2.mul(slack, f64x2.add(squares, tail)), f64x2.splat(least));
  const reach = f64x2.add(f64x2.mul(two, doubt), rounding);
  v128.store(lower, f64x2.sub(middle, reach));
  v128.store(upper, f64x2.add(middle, reach));
}

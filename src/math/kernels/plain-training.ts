import type { Kernels } from "./kernels.ts";

type Training = Pick<
  Kernels,
  | "products"
  | "productsOfSingles"
  | "narrow"
  | "rbfSingles"
  | "smoStep"
  | "smoPartner"
  | "weighedRow"
  | "addRow"
>;

/** The kernels of training, for engines without WebAssembly SIMD. In the order of its lanes, so the bits are the same. */
export function plainTraining(buffer: ArrayBuffer): Training {
  const doubles = new Float64Array(buffer);
  const singles = new Float32Array(buffer);

  function product(p: number, q: number, padded: number): number {
    let [even, odd] = [0, 0];
    for (let i = 0; i < padded; i += 2) {
      even += (doubles[p + i] as number) * (doubles[q + i] as number);
      odd += (doubles[p + i + 1] as number) * (doubles[q + i + 1] as number);
    }
    return even + odd;
  }

  /** Four products at once: eight sums that need not wait for each other, and every number of row `p` is read once. */
  function fourProducts(p: number, q: number, padded: number, into: number): void {
    const [q1, q2, q3] = [q + padded, q + 2 * padded, q + 3 * padded];
    let [e0, o0, e1, o1] = [0, 0, 0, 0];
    let [e2, o2, e3, o3] = [0, 0, 0, 0];
    for (let i = 0; i < padded; i += 2) {
      const even = doubles[p + i] as number;
      const odd = doubles[p + i + 1] as number;
      e0 += even * (doubles[q + i] as number);
      o0 += odd * (doubles[q + i + 1] as number);
      e1 += even * (doubles[q1 + i] as number);
      o1 += odd * (doubles[q1 + i + 1] as number);
      e2 += even * (doubles[q2 + i] as number);
      o2 += odd * (doubles[q2 + i + 1] as number);
      e3 += even * (doubles[q3 + i] as number);
      o3 += odd * (doubles[q3 + i + 1] as number);
    }
    doubles[into] = e0 + o0;
    doubles[into + 1] = e1 + o1;
    doubles[into + 2] = e2 + o2;
    doubles[into + 3] = e3 + o3;
  }

  function products(
    a: number,
    rows: number,
    b: number,
    columns: number,
    padded: number,
    into: number,
    stride: number,
  ): void {
    for (let row = 0; row < rows; row++) {
      const [p, own] = [a / 8 + row * padded, into / 8 + row * stride];
      let column = 0;
      for (; column + 4 <= columns; column += 4) {
        fourProducts(p, b / 8 + column * padded, padded, own + column);
      }
      for (; column < columns; column++) {
        doubles[own + column] = product(p, b / 8 + column * padded, padded);
      }
    }
  }

  function productsOfSingles(
    a: number,
    rows: number,
    padded: number,
    b: number,
    columns: number,
    dimension: number,
    into: number,
    stride: number,
  ): void {
    for (let column = 0; column < columns; column++) {
      const q = b / 4 + column * dimension;
      for (let row = 0; row < rows; row += 4) {
        const p0 = a / 8 + row * padded;
        const [p1, p2, p3] = [p0 + padded, p0 + 2 * padded, p0 + 3 * padded];
        let [e0, o0, e1, o1] = [0, 0, 0, 0];
        let [e2, o2, e3, o3] = [0, 0, 0, 0];
        for (let i = 0; i < dimension; i += 2) {
          const even = singles[q + i] as number;
          const odd = i + 1 < dimension ? (singles[q + i + 1] as number) : 0;
          e0 += (doubles[p0 + i] as number) * even;
          o0 += (doubles[p0 + i + 1] as number) * odd;
          e1 += (doubles[p1 + i] as number) * even;
          o1 += (doubles[p1 + i + 1] as number) * odd;
          e2 += (doubles[p2 + i] as number) * even;
          o2 += (doubles[p2 + i + 1] as number) * odd;
          e3 += (doubles[p3 + i] as number) * even;
          o3 += (doubles[p3 + i + 1] as number) * odd;
        }
        const cell = into / 8 + row * stride + column;
        doubles[cell] = e0 + o0;
        doubles[cell + stride] = e1 + o1;
        doubles[cell + 2 * stride] = e2 + o2;
        doubles[cell + 3 * stride] = e3 + o3;
      }
    }
  }

  function narrow(values: number, count: number, into: number): void {
    for (let i = 0; i < count; i++) singles[into / 4 + i] = doubles[values / 8 + i] as number;
  }

  function rbfSingles(
    values: number,
    squares: number,
    count: number,
    own: number,
    gamma: number,
    into: number,
  ): void {
    for (let i = 0; i < count; i++) {
      const product = doubles[values / 8 + i] as number;
      const squared = own + (doubles[squares / 8 + i] as number) - (product + product);
      singles[into / 4 + i] = exponential(-gamma * Math.max(squared, 0));
    }
  }

  function smoStep(
    first: number,
    second: number,
    byFirst: number,
    bySecond: number,
    violations: number,
    rising: number,
    count: number,
  ): number {
    let [most, found] = [Number.NEGATIVE_INFINITY, -1];
    for (let t = 0; t < count; t++) {
      const value =
        (doubles[violations / 8 + t] as number) -
        (byFirst * (singles[first / 4 + t] as number) +
          bySecond * (singles[second / 4 + t] as number));
      doubles[violations / 8 + t] = value;
      const violation = value + (doubles[rising / 8 + t] as number);
      if (violation >= most && violation > Number.NEGATIVE_INFINITY) [most, found] = [violation, t];
    }
    return found;
  }

  function smoPartner(
    row: number,
    own: number,
    violations: number,
    falling: number,
    diagonal: number,
    count: number,
    leastCurvature: number,
    facts: number,
  ): number {
    const most = doubles[violations / 8 + own] as number;
    let [least, best, found] = [Number.POSITIVE_INFINITY, 0, -1];
    for (let t = 0; t < count; t++) {
      const violation =
        (doubles[violations / 8 + t] as number) + (doubles[falling / 8 + t] as number);
      if (violation < least) least = violation;
      const difference = most - violation;
      if (!(difference > 0)) continue;
      const value = singles[row / 4 + t] as number;
      const curvature =
        (doubles[diagonal / 8 + own] as number) +
        (doubles[diagonal / 8 + t] as number) -
        (value + value);
      const gain = (difference * difference) / Math.max(leastCurvature, curvature);
      if (gain >= best && gain > 0) [best, found] = [gain, t];
    }
    doubles[facts / 8] = least;
    return found;
  }

  function weighedRow(row: number, weights: number, count: number): number {
    const lanes = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      lanes[i % 4]! += (singles[row / 4 + i] as number) * (doubles[weights / 8 + i] as number);
    }
    const [a = 0, b = 0, c = 0, d = 0] = lanes;
    return a + c + (b + d);
  }

  function addRow(row: number, dimension: number, times: number, into: number): void {
    for (let i = 0; i < dimension; i++) {
      doubles[into / 8 + i]! += times * (singles[row / 4 + i] as number);
    }
  }

  return {
    products,
    productsOfSingles,
    narrow,
    rbfSingles,
    smoStep,
    smoPartner,
    weighedRow,
    addRow,
  };
}

/** 1/13!, 1/12! and so on: Taylor's series. */
const coefficients = [
  1.6059043836821613e-10, 2.08767569878681e-9, 2.505210838544172e-8, 2.755731922398589e-7,
  2.7557319223985893e-6, 2.48015873015873e-5, 1.984126984126984e-4, 1.3888888888888889e-3,
  8.333333333333333e-3, 4.1666666666666664e-2, 1.6666666666666666e-1, 0.5, 1, 1,
];
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const leastExponent = -708;

/** As the kernel for SIMD computes it, step by step. `power` is at most 0. */
function exponential(power: number): number {
  const within = Math.max(power, leastExponent);
  const twos = nearest(within * Math.LOG2E);
  const rest = within - twos * ln2High - twos * ln2Low;
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * rest + coefficient;
  return sum * 2 ** twos;
}

/** A half goes to the even neighbour, as the instruction rounds; below 2^52 adding and taking away 1.5 * 2^52 does that. */
const nearest = (value: number): number => value + rounder - rounder;
const rounder = 1.5 * 2 ** 52;

import { squaredDistance } from "../matrix.ts";
import type { Kernels } from "./kernels.ts";
import { plainTraining } from "./plain-training.ts";

/** What kernels/selectors.ts computes, for engines without WebAssembly SIMD; sums are in double precision throughout. */
export function plainKernels(buffer: ArrayBuffer): Kernels {
  const doubles = new Float64Array(buffer);
  const singles = new Float32Array(buffer);
  const indices = new Uint32Array(buffer);
  const shorts = new Int16Array(buffer);
  const bytes = new Int8Array(buffer);
  const list = (at: number, count: number): Float64Array =>
    doubles.subarray(at / 8, at / 8 + count);

  function dot(row: number, x: number, dimension: number): number {
    let sum = 0;
    for (let i = 0; i < dimension; i++) {
      sum += (singles[row + i] as number) * (singles[x + i] as number);
    }
    return sum;
  }

  function distances(
    rows: number,
    dimension: number,
    x: number,
    at: number,
    count: number,
    into: number,
  ): void {
    const query = list(x, dimension);
    for (let n = 0; n < count; n++) {
      const row = rows / 4 + (indices[at / 4 + n] as number) * dimension;
      doubles[into / 8 + n] = squaredDistance(singles, row, query);
    }
  }

  function encodeQuery(
    x: number,
    width: number,
    padded: number,
    into: number,
    facts: number,
  ): void {
    const values = list(x, width);
    const { scale, squared, lost } = encode(values, maxShort, shorts.subarray(into / 2));
    shorts.fill(0, into / 2 + width, into / 2 + padded);
    list(facts, 3).set([scale, squared, lost]);
  }

  function encodeRows(
    rows: number,
    dimension: number,
    width: number,
    padded: number,
    order: number,
    count: number,
    into: number,
    facts: number,
  ): void {
    for (let n = 0; n < count; n++) {
      const row = rows / 4 + (indices[order / 4 + n] as number) * dimension;
      const own = new Int8Array(padded);
      const { scale, squared, lost, sum } = encode(
        singles.subarray(row, row + width),
        maxByte,
        own,
      );
      for (let i = 0; i < padded; i++) bytes[into + placeOf(n, i, padded)] = own[i] as number;
      const first = factsOf(facts, n);
      [scale, Math.sqrt(squared), lost, sum].forEach((fact, kind) => {
        doubles[first + 4 * kind] = fact;
      });
    }
  }

  function bounds(
    rows: number,
    padded: number,
    facts: number,
    count: number,
    query: number,
    queryFacts: number,
    tail: number,
    slack: number,
    lower: number,
    upper: number,
  ): void {
    const [queryScale = 0, querySquared = 0, queryLost = 0] = list(queryFacts, 3);
    const queryLength = Math.sqrt(querySquared);
    for (let n = 0; n < count; n++) {
      let product = 0;
      for (let i = 0; i < padded; i++) {
        const at = rows + placeOf(n, i, padded);
        product += (bytes[at] as number) * (shorts[query / 2 + i] as number);
      }
      const own = factsOf(facts, n);
      const [scale, length, lost] = [0, 4, 8].map((kind) => doubles[own + kind]) as Facts;
      const squares = length * length + querySquared;
      const middle = tail + (squares - 2 * (scale * queryScale * product));
      const reach =
        2 * (lost * queryLength + (length + lost) * queryLost) + slack * (squares + tail) + least;
      doubles[lower / 8 + n] = middle - reach;
      doubles[upper / 8 + n] = middle + reach;
    }
  }

  function dots(rows: number, count: number, dimension: number, x: number, into: number): void {
    for (let n = 0; n < count; n++) {
      doubles[into / 8 + n] = dot(rows / 4 + n * dimension, x / 4, dimension);
    }
  }

  function dotsAt(
    rows: number,
    at: number,
    count: number,
    dimension: number,
    x: number,
    into: number,
  ): void {
    for (let n = 0; n < count; n++) {
      const row = rows / 4 + (indices[at / 4 + n] as number) * dimension;
      doubles[into / 8 + n] = dot(row, x / 4, dimension);
    }
  }

  function dotsOfFour(rows: number, count: number, dimension: number, x: number, into: number) {
    for (let query = 0; query < 4; query++) {
      dots(rows, count, dimension, x + 4 * query * dimension, into + 8 * query * count);
    }
  }

  function kernelValues(
    products: number,
    squares: number,
    count: number,
    scale: number,
    gamma: number,
    into: number,
  ): void {
    for (let n = 0; n < count; n++) {
      const product = scale * (doubles[products / 8 + n] as number);
      const squared = (doubles[squares / 8 + n] as number) + 1 - 2 * product;
      doubles[into / 8 + n] = Math.exp(-gamma * Math.max(0, squared));
    }
  }

  function weighedSums(values: number, weights: number, count: number, into: number): void {
    const sums = [0, 0, 0, 0];
    for (let n = 0; n < count; n++) {
      for (let machine = 0; machine < 2; machine++) {
        const weight = doubles[weights / 8 + 2 * n + machine] as number;
        const product = (doubles[values / 8 + n] as number) * weight;
        sums[machine]! += product;
        sums[machine + 2]! += Math.abs(product);
      }
    }
    list(into, 4).set(sums);
  }

  return {
    distances,
    encodeQuery,
    encodeRows,
    bounds,
    dots,
    dotsAt,
    dotsOfFour,
    squaredLength: (x, dimension) => dot(x / 4, x / 4, dimension),
    roughSquaredLength: (x, dimension) => dot(x / 4, x / 4, dimension),
    kernelValues,
    weighedSums,
    ...plainTraining(buffer),
  };
}

type Facts = [scale: number, length: number, lost: number];

/** Index of the first of four doubles, of which each is four after the one before. */
const factsOf = (facts: number, n: number): number => facts / 8 + (n >> 2) * 16 + (n & 3);

const maxByte = 127;
const maxShort = 32_767;

/** Of number i of row n: 16 of each of four rows stand together. */
const placeOf = (n: number, i: number, padded: number): number =>
  (n >> 2) * 4 * padded + (i >> 4) * 64 + (n & 3) * 16 + (i & 15);

/** Part of every bound: squares of numbers below 1e-150 vanish. */
const least = 1e-290;

function encode(
  values: Float64Array | Float32Array,
  steps: number,
  into: Int8Array | Int16Array,
): {
  readonly scale: number;
  readonly squared: number;
  readonly lost: number;
  readonly sum: number;
} {
  let [most, squared] = [0, 0];
  for (const value of values) {
    most = Math.max(most, Math.abs(value));
    squared += value * value;
  }
  const scale = most / steps;
  const inverse = scale > 0 ? 1 / scale : 0;
  let [lost, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const step = Math.round(value * inverse);
    into[i] = step;
    lost += (value - step * scale) ** 2;
    sum += step;
  }
  return { scale, squared, lost: Math.sqrt(lost), sum };
}

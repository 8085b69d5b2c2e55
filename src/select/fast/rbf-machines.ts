import type { SvmArtifact } from "../../artifact/artifact.ts";
import { makePool } from "../../math/kernels/pool.ts";
import { fitsSingles, productError, slack } from "./single.ts";

export interface RbfPart {
  /** The artifact's support vectors, where the kernels read them. */
  readonly vectors: SvmArtifact["vectors"];
  /** Computes the products of `count` queries, 1 or as many as go together, with every support vector. */
  begin(queries: Float32Array | Float64Array, count: number): void;
  /** Scores of one of them, scaled to length 1, and how far each may be off, from index `from` on. */
  score(
    query: number,
    length: number,
    scores: Float64Array,
    reaches: Float64Array,
    from: number,
  ): void;
}

/** Machines of one gamma, two by two. */
interface Kernel {
  readonly gamma: number;
  /** Indices of the machines, and where the pair's weights stand in the pool. */
  readonly pairs: readonly { readonly machines: readonly number[]; readonly weights: number }[];
}

/** Exponentials of so small numbers that they vanish. */
const least = 1e-290;

/**
 * All machines over their common support vectors, each of which is read once a query. Undefined when singles do not
 * hold the vectors, or a gamma is not above 0.
 */
export function rbfMachines(artifact: SvmArtifact, together: number): RbfPart | undefined {
  const { dimension, rbf, vectors } = artifact;
  if (!(vectors instanceof Float32Array)) return undefined;
  if (rbf.some(({ gamma }) => !(gamma > 0))) return undefined;
  const count = dimension === 0 ? 0 : vectors.length / dimension;
  const even = count + (count % 2);
  const pairBytes = even * 16;
  const gammas = [...new Set(rbf.map(({ gamma }) => gamma))];
  const machinesOf = gammas.map((gamma) =>
    rbf.flatMap((own, i) => (own.gamma === gamma ? [i] : [])),
  );
  const pairCount = machinesOf.reduce((sum, own) => sum + Math.ceil(own.length / 2), 0);
  const pool = makePool({
    rows: vectors.byteLength,
    x: together * dimension * 4,
    products: together * even * 8,
    squares: even * 8,
    values: even * 8,
    weights: pairCount * pairBytes,
    sums: 4 * 8,
  });
  const { kernels, at, singles, doubles } = pool;
  singles.set(vectors, at.rows / 4);
  let longest = 0;
  for (let n = 0; n < count; n++) {
    const squared = kernels.squaredLength(at.rows + n * dimension * 4, dimension);
    if (squared !== 0 && !fitsSingles(squared)) return undefined;
    doubles[at.squares / 8 + n] = squared;
    longest = Math.max(longest, Math.sqrt(squared));
  }
  let pair = 0;
  const layOut = (machines: readonly number[]): Kernel["pairs"][number] => {
    const weights = at.weights + pair++ * pairBytes;
    machines.forEach((machine, side) => {
      const { alpha, vectorOf } = rbf[machine] as (typeof rbf)[number];
      // A vector may be listed more than once.
      alpha.forEach((weight, i) => {
        doubles[weights / 8 + 2 * (vectorOf[i] as number) + side]! += weight;
      });
    });
    return { machines, weights };
  };
  const kernelsOf = gammas.map((gamma, at): Kernel => {
    const own = machinesOf[at] as number[];
    const pairs = own.flatMap((_, i) => (i % 2 === 0 ? [layOut(own.slice(i, i + 2))] : []));
    return { gamma, pairs };
  });
  const rhos = rbf.map(({ rho }) => rho);
  /** Of a squared distance to a query of length 1. */
  const distanceError = 2 * productError * longest + slack * (longest * longest + 1);

  return {
    vectors: singles.subarray(at.rows / 4, at.rows / 4 + vectors.length),
    begin(queries, size) {
      if (rbf.length === 0) return;
      singles.set(queries, at.x / 4);
      if (size === together) {
        kernels.dotsOfFour(at.rows, count, dimension, at.x, at.products);
      } else kernels.dots(at.rows, count, dimension, at.x, at.products);
    },
    score(query, length, scores, reaches, from) {
      for (const { gamma, pairs } of kernelsOf) {
        const products = at.products + query * count * 8;
        kernels.kernelValues(products, at.squares, count, 1 / length, gamma, at.values);
        // exp of an exponent that is off by so much is off by this share of itself.
        const share = Math.expm1(gamma * distanceError) + slack;
        for (const { machines, weights } of pairs) {
          kernels.weighedSums(at.values, weights, count, at.sums);
          machines.forEach((machine, side) => {
            const rho = rhos[machine] as number;
            const size = doubles[at.sums / 8 + 2 + side] as number;
            scores[from + machine] = (doubles[at.sums / 8 + side] as number) - rho;
            reaches[from + machine] = share * size + slack * Math.abs(rho) + least;
          });
        }
      }
    },
  };
}

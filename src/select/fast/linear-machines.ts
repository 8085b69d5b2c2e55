import type { LinearMachine } from "../../artifact/artifact.ts";
import { makePool } from "../../math/kernels/pool.ts";
import { fitsSingles, productError, slack } from "./single.ts";

export interface LinearPart {
  /** Sets the query; returns its squared length, as rough as `productError` allows. */
  begin(query: Float32Array | Float64Array): number;
  /** Scores of the query, scaled to length 1, and how far each may be off, by machine. */
  score(length: number, scores: Float64Array, reaches: Float64Array): void;
}

/** All machines as one matrix of singles. Undefined when singles do not hold the weights. */
export function linearMachines(
  machines: readonly LinearMachine[],
  dimension: number,
): LinearPart | undefined {
  const count = machines.length;
  const pool = makePool({ rows: count * dimension * 4, x: dimension * 4, products: count * 8 });
  const { kernels, at, singles, doubles } = pool;
  machines.forEach(({ weights }, machine) => {
    singles.set(weights, at.rows / 4 + machine * dimension);
  });
  const squares = machines.map((_, machine) =>
    kernels.squaredLength(at.rows + machine * dimension * 4, dimension),
  );
  if (squares.some((squared) => squared !== 0 && !fitsSingles(squared))) return undefined;
  const lengths = squares.map(Math.sqrt);
  const rhos = Float64Array.from(machines, ({ rho }) => rho);

  return {
    begin(query) {
      singles.set(query, at.x / 4);
      return kernels.roughSquaredLength(at.x, dimension);
    },
    score(length, scores, reaches) {
      kernels.dots(at.rows, count, dimension, at.x, at.products);
      for (let machine = 0; machine < count; machine++) {
        const product = (doubles[at.products / 8 + machine] as number) / length;
        const rho = rhos[machine] as number;
        scores[machine] = product - rho;
        reaches[machine] =
          (productError + slack) * (lengths[machine] as number) + slack * Math.abs(rho);
      }
    },
  };
}

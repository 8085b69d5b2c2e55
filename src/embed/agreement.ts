import { dot } from "../math/matrix.ts";

/** How alike the vectors are that two embedders have for the same texts. */
export interface Agreement {
  readonly texts: number;
  /** Of a text's two vectors. */
  readonly cosine: {
    readonly mean: number;
    readonly min: number;
    /** Percentiles: one text in a hundred, in twenty, in two is below. */
    readonly p1: number;
    readonly p5: number;
    readonly p50: number;
  };
  /**
   * Of the texts compared, the share whose nearest other text is the same one: what a selector by neighbours sees of
   * the difference. Undefined for fewer than 3 texts.
   */
  readonly sameNearest: number | undefined;
}

/** Every pair of these is compared; 2,000 take about 4 s. */
const maxNeighbours = 2_000;

/** Both in the order of the texts; all of length 1. Throws for none. */
export function agreement(a: readonly Float32Array[], b: readonly Float32Array[]): Agreement {
  if (a.length === 0 || a.length !== b.length) throw new Error("two vectors for each text");
  const cosines = a.map((vector, i) => dot(vector, b[i] ?? [])).sort((x, y) => x - y);
  const at = (share: number) => cosines[Math.floor(share * (cosines.length - 1))] ?? Number.NaN;
  return {
    texts: a.length,
    cosine: {
      mean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
      min: at(0),
      p1: at(0.01),
      p5: at(0.05),
      p50: at(0.5),
    },
    sameNearest: a.length < 3 ? undefined : sameNearest(a, b),
  };
}

function sameNearest(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  const [first, second] = [nearest(a.slice(0, maxNeighbours)), nearest(b.slice(0, maxNeighbours))];
  return first.filter((other, i) => other === second[i]).length / first.length;
}

/** For each vector the index of the other one with the largest dot product; the first of equals. */
function nearest(vectors: readonly Float32Array[]): readonly number[] {
  const best = vectors.map(() => ({ index: -1, score: Number.NEGATIVE_INFINITY }));
  vectors.forEach((vector, i) => {
    for (let j = 0; j < i; j++) {
      const score = dot(vector, vectors[j] as Float32Array);
      // i goes up, so an earlier index is met first on both sides.
      for (const [one, other] of [
        [i, j],
        [j, i],
      ] as const) {
        const found = best[one];
        if (found && score > found.score) best[one] = { index: other, score };
      }
    }
  });
  return best.map(({ index }) => index);
}

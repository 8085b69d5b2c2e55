/** Vectors whose numbers after the embedding are the same: of one category, when those are a one-hot. */
export interface Tail {
  readonly numbers: Float32Array;
  /** Where its vectors stand in `order`. */
  readonly from: number;
  readonly to: number;
}

export interface Tails {
  /** Indices of all vectors, those of a tail together, ascending within it. */
  readonly order: Uint32Array;
  readonly tails: readonly Tail[];
  /** Where the vectors of rarer tails begin in `order`. */
  readonly restFrom: number;
}

/** A file with more, such as one of soft one-hots, keeps the first this many: each costs its distance every query. */
const maxTails = 64;

/** Groups vectors by their numbers from `width` on. */
export function groupTails(vectors: Float32Array, dimension: number, width: number): Tails {
  const count = vectors.length / dimension;
  const groups = new Map<string, number[]>();
  const rest: number[] = [];
  for (let vector = 0; vector < count; vector++) {
    const key = keyOf(vectors, vector * dimension + width, (vector + 1) * dimension);
    const group = groups.get(key);
    if (group) group.push(vector);
    else if (groups.size < maxTails) groups.set(key, [vector]);
    else rest.push(vector);
  }
  const order = new Uint32Array(count);
  let from = 0;
  const tails = Array.from(groups.values(), (group): Tail => {
    order.set(group, from);
    from += group.length;
    const first = (group[0] as number) * dimension;
    const numbers = vectors.slice(first + width, first + dimension);
    return { numbers, from: from - group.length, to: from };
  });
  order.set(rest, from);
  return { order, tails, restFrom: from };
}

/** Zeros, which most are, are left out. */
function keyOf(vectors: Float32Array, from: number, to: number): string {
  let key = "";
  for (let at = from; at < to; at++) {
    const value = vectors[at] as number;
    if (value !== 0) key += `${at - from}:${value} `;
  }
  return key;
}

/** Squared distance of the query's numbers from `width` on to those of a tail that begins at `from`. */
export function tailDistance(
  x: Float64Array,
  width: number,
  numbers: Float32Array,
  from: number,
): number {
  let sum = 0;
  for (let i = width; i < x.length; i++) {
    const difference = (x[i] as number) - (numbers[from + i - width] as number);
    sum += difference * difference;
  }
  return sum;
}

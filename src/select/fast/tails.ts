/** Vectors whose numbers after the embedding are the same: of one category, when those are a one-hot. */
export interface Tail {
  readonly numbers: Float32Array;
  /** Its positions, of which the last may be empty. */
  readonly from: number;
  readonly to: number;
  /** Its vectors. */
  readonly size: number;
}

/** Every vector has a position. A tail begins at a multiple of four, so some positions are empty. */
export interface Tails {
  /** By position: the index of a vector, or `empty`. Those of a tail stand together, ascending. */
  readonly order: Uint32Array;
  readonly tails: readonly Tail[];
  /** Where the vectors of rarer tails begin in `order`, and how many they are. */
  readonly restFrom: number;
  readonly rest: number;
}

export const empty = 0xffff_ffff;

/** A file with more, such as one of soft one-hots, keeps the first this many: each costs its distance every query. */
const maxTails = 64;

/** Vectors are encoded, and compared, four by four. */
const block = 4;

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
  const whole = (length: number): number => Math.ceil(length / block) * block;
  const all = [...groups.values(), rest];
  const order = new Uint32Array(all.reduce((sum, { length }) => sum + whole(length), 0)).fill(
    empty,
  );
  let from = 0;
  const tails = all.map((group): Tail => {
    order.set(group, from);
    from += whole(group.length);
    const first = (group[0] ?? 0) * dimension;
    const numbers = vectors.slice(first + width, first + dimension);
    return { numbers, from: from - whole(group.length), to: from, size: group.length };
  });
  const restFrom = tails.pop()?.from ?? from;
  return { order, tails, restFrom, rest: rest.length };
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

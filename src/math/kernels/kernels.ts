/**
 * The inner loops of the selectors. Every parameter that names data is a byte offset into one pool; lists of doubles are
 * aligned to 8 bytes, of indices to 4. kernels/selectors.ts has them for WebAssembly SIMD, `plainKernels` in TypeScript.
 *
 * Both give the same bits in `distances` and in what training uses, from `products` on. The others are approximations whose error the caller bounds: see
 * `dotError` for `dots` and `dotsOfFour`, relative 1e-12 for the rest.
 */
export interface Kernels {
  /**
   * Squared distances from `x` (doubles) to `count` rows of singles, `dimension` each: those whose numbers stand at
   * `indices` (u32). The same as `squaredDistance` of src/math/matrix.ts.
   */
  distances(
    rows: number,
    dimension: number,
    x: number,
    indices: number,
    count: number,
    into: number,
  ): void;
  /**
   * The first `width` of the doubles at `x` as whole numbers times a scale, for `bounds`: 2 * `padded` bytes, where
   * `padded` is a multiple of 16. `facts` receives three doubles: scale, squared length, length of what rounding took.
   */
  encodeQuery(x: number, width: number, padded: number, into: number, facts: number): void;
  /**
   * The first `width` numbers of rows of singles, in the order of `indices` (u32), as bytes times a scale, `padded`
   * bytes a row, four rows to a block: `into` is the beginning of one. Of each block `facts` receives sixteen
   * doubles, four scales, lengths, lengths of what rounding took, and sums of the bytes.
   */
  encodeRows(
    rows: number,
    dimension: number,
    width: number,
    padded: number,
    indices: number,
    count: number,
    into: number,
    facts: number,
  ): void;
  /**
   * Between which values (doubles) the squared distances of `count` encoded rows, whole blocks, to an encoded query lie, when the
   * numbers that are not encoded add `tail` to each.
   */
  bounds(
    bytes: number,
    padded: number,
    facts: number,
    count: number,
    query: number,
    queryFacts: number,
    tail: number,
    slack: number,
    lower: number,
    upper: number,
  ): void;
  /** Dot products (doubles) of `x` with `count` rows, all singles. */
  dots(rows: number, count: number, dimension: number, x: number, into: number): void;
  /** `dots` with the rows whose numbers stand at `indices` (u32); the same bits. */
  dotsAt(
    rows: number,
    indices: number,
    count: number,
    dimension: number,
    x: number,
    into: number,
  ): void;
  /** `dots` of four vectors, one after the other at `x`, into four lists one after the other; the same bits. */
  dotsOfFour(rows: number, count: number, dimension: number, x: number, into: number): void;
  /** Of the singles at `x`. */
  squaredLength(x: number, dimension: number): number;
  /** The same in a third of the time, with a relative error of at most `dotError`. */
  roughSquaredLength(x: number, dimension: number): number;
  /**
   * exp(-gamma |v - q|^2) of `count` vectors, where |q| is 1, v.q is `scale` times the double at `products`, and
   * `squares` are |v|^2. Lists have room for the next even number.
   */
  kernelValues(
    products: number,
    squares: number,
    count: number,
    scale: number,
    gamma: number,
    into: number,
  ): void;
  /**
   * For two machines at once, whose weights stand in pairs: sum of `count` values times weights, of each, then the same
   * of the weights' sizes. `into` is aligned to 16 bytes.
   */
  weighedSums(values: number, weights: number, count: number, into: number): void;
  /**
   * Products of `rows` rows at `a` with `columns` rows at `b`, all of doubles, `padded` (a multiple of 4) a row: that of
   * row r and column c becomes the double r * `stride` + c of `into`. Numbers of even and of odd place are added apart.
   */
  products(
    a: number,
    rows: number,
    b: number,
    columns: number,
    padded: number,
    into: number,
    stride: number,
  ): void;
  /**
   * `products` of `rows` rows of doubles, a multiple of 4, with `columns` rows of `dimension` singles; the same bits. The
   * doubles are zero from `dimension` to `padded`, an even number, and so many finite singles may follow the last row.
   */
  productsOfSingles(
    a: number,
    rows: number,
    padded: number,
    b: number,
    columns: number,
    dimension: number,
    into: number,
    stride: number,
  ): void;
  /** `count` doubles, an even number, as singles. */
  narrow(values: number, count: number, into: number): void;
  /**
   * exp(-gamma |v - q|^2) as singles of `count` vectors v, an even number, from the products v.q (doubles), `squares`
   * |v|^2 and `own` |q|^2.
   */
  rbfSingles(
    values: number,
    squares: number,
    count: number,
    own: number,
    gamma: number,
    into: number,
  ): void;
  /**
   * Takes `byFirst` times one row of singles and `bySecond` times another from `count` violations (doubles), a multiple
   * of 4. Returns where the largest of them is when `rising`, 0 or -Infinity, is added: the last of equals, or -1.
   */
  smoStep(
    first: number,
    second: number,
    byFirst: number,
    bySecond: number,
    violations: number,
    rising: number,
    count: number,
  ): number;
  /**
   * With which of `count` examples, a multiple of 4, example `own` gains most by second-order information: the last of
   * equals, or -1. `row` is its row of the kernel (singles), `diagonal` the kernel's (doubles); `falling`, 0 or Infinity,
   * is added to violations. `facts` receives the least violation, and has room for 66 doubles.
   */
  smoPartner(
    row: number,
    own: number,
    violations: number,
    falling: number,
    diagonal: number,
    count: number,
    leastCurvature: number,
    facts: number,
  ): number;
  /** Sum of `count` singles, a multiple of 4, times doubles. */
  weighedRow(row: number, weights: number, count: number): number;
  /** Adds `times` a row of `dimension` singles to as many doubles. */
  addRow(row: number, dimension: number, times: number, into: number): void;
}

/** Half the distance of 1 to the next single: what one rounding takes at most. */
const singleRounding = 2 ** -24;

/** Numbers that `dots` adds in single precision before it goes on in double, four sums side by side. */
const dotBlock = 128;

/**
 * |dot - exact| <= dotError |row| |x| for doubles rounded to singles: 32 products and sums in single precision, two
 * roundings of the numbers themselves (Higham 2002, section 3.1), and a reserve of 4.
 */
export const dotError = (dotBlock / 4 + 2 + 4) * singleRounding;

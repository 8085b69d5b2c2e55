export type SelectorAlgorithm = "knn" | "kmeans" | "svm";

export interface Score {
  readonly model: string;
  /**
   * Comparable within one selection only: votes or mean outcome (knn), negative distance or mean outcome (kmeans),
   * decision value (svm). Distances and decision values are exact to about six digits, the choice is so entirely.
   */
  readonly score: number;
}

export interface Selection {
  readonly model: string;
  /** Best first; ties in the order that decided them. */
  readonly scores: readonly Score[];
}

/** Picks one model for a query. Stateless: the same arguments give the same answer. */
export interface Selector {
  readonly algorithm: SelectorAlgorithm;
  /** Length of `x`: the embedding's 1024 numbers and the one-hot's 14. */
  readonly dimension: number;
  /** Order of the one-hot at the end of `x`. */
  readonly categories: readonly string[];
  /** Every model that the artifact knows. */
  readonly models: readonly string[];
  /**
   * `x` is the feature vector (see `features`). `candidates` restricts the choice; without it every model may win.
   * Throws RouterError `selector_untrained`, `selector_invalid_input` or `selector_no_candidate`.
   */
  select(x: ArrayLike<number>, candidates?: readonly string[]): Selection;
  /**
   * `select` of each of several feature vectors, `dimension` numbers each, one after the other: the same answers, for
   * less work where a selector can share it. Throws as `select`, whichever vector is at fault.
   */
  selectMany(rows: Float32Array, candidates?: readonly string[]): Selection[];
}

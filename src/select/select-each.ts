import type { Artifact } from "../artifact/artifact.ts";
import { checkedBatch } from "./query.ts";
import type { Selector } from "./selector.ts";

export type Choice = Pick<Selector, "select" | "selectMany">;

/** A choice and the artifact it was made of, with the choice's own copy of the vectors: the given one can go. */
export interface Opened<A extends Artifact = Artifact> {
  readonly choice: Choice;
  readonly artifact: A;
}

/** A batch one by one, for selectors that gain nothing from several queries at once. */
export const selectEach = (dimension: number, select: Selector["select"]): Choice => ({
  select,
  selectMany(rows, candidates) {
    return Array.from({ length: checkedBatch(rows, dimension) }, (_, n) =>
      select(rows.subarray(n * dimension, (n + 1) * dimension), candidates),
    );
  },
});

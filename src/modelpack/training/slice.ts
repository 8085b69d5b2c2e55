import { hash } from "node:crypto";
import type { Row } from "./read-rows.ts";

/** Share of a task's training rows that is kept from the first fit, to stop it and to calibrate it. */
const share = 0.1;
/** Fewer rows say nothing of either. */
const leastSlice = 20;

export interface Slice {
  readonly fit: readonly number[];
  readonly held: readonly number[];
}

/**
 * Cuts the rows of one task by their group: a tenth of each label's groups is held, in the order of a hash, and a label
 * keeps at least one group to fit. Undefined when fewer than 20 rows would be held.
 */
export function sliceOf(rows: readonly Row[], seed: number): Slice | undefined {
  const held = new Set<string>();
  const fixed = new Set<string>();
  const byLabel = Map.groupBy(rows, ({ label }) => label);
  for (const [, own] of [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const groups = [...new Set(own.map(({ group }) => group))]
      .map((group) => ({ group, place: hash("sha256", `${seed}\n${group}`) }))
      .sort((a, b) => (a.place < b.place ? -1 : 1));
    const count = Math.min(Math.round(share * groups.length), groups.length - 1);
    for (const [i, { group }] of groups.entries()) (i < count ? held : fixed).add(group);
  }
  // A group with rows of two labels may be drawn by one and kept by the other: then it is kept.
  const isHeld = rows.map(({ group }) => held.has(group) && !fixed.has(group));
  const numbers = rows.map((_, row) => row);
  const slice = {
    fit: numbers.filter((row) => !isHeld[row]),
    held: numbers.filter((row) => isHeld[row]),
  };
  return slice.held.length < leastSlice ? undefined : slice;
}

import { labelKey } from "../../tasks.ts";
import { type PreparedRow, type Split, splits } from "../rows.ts";
import { hashed, normalTexts } from "./row-pool.ts";

export type Shares = Readonly<Record<Split, number>>;

/** Rows of each split. */
export type SplitRows = Readonly<Record<Split, readonly PreparedRow[]>>;

/** Where each text and group has ever stood, by its hash. */
export type Places = ReadonlyMap<string, Split>;

/** The places of rows that stand, beside those that were. What stood on two sides keeps the first. */
export function placesOf(rows: SplitRows, before: Places): Places {
  const places = new Map(before);
  for (const split of splits) {
    for (const row of rows[split]) {
      for (const mark of marks(row)) if (!places.has(mark)) places.set(mark, split);
    }
  }
  return places;
}

export interface Assigned {
  readonly rows: SplitRows;
  /** New rows that belong together with rows on two sides of a split: they can stand on neither. */
  readonly torn: number;
}

/**
 * Divides rows among the splits. A row that is `placed` stays where it is, whatever comes later. Rows with one text or
 * one group stand on one side. Within that, each (task, label) has its share: floor for train and test, the rest for
 * eval, at least one row each from three rows on; one row is for training, a second for the test. The same for the same
 * rows, shares and seed, in whatever order the rows come. What has the text or the group of a row that once had a place
 * goes to that side.
 */
export function assignSplits(
  rows: readonly PreparedRow[],
  placed: ReadonlyMap<PreparedRow, Split>,
  shares: Shares,
  seed: number,
  places: Places = new Map(),
): Assigned {
  const ordered = inChanceOrder(rows, seed);
  const marked = ordered.map(marks);
  const groups = groupsOf(marked);
  const wanted = new Map<string, Record<Split, number>>();
  for (const [name, total] of totals(rows)) wanted.set(name, quota(total, shares));
  const sides = new Map<PreparedRow, Split>();
  const put = (row: PreparedRow, split: Split): void => {
    sides.set(row, split);
    const left = wanted.get(stratum(row));
    if (left) left[split]--;
  };

  const groupSides = new Map<number, Split | "torn">();
  const stands = (group: number, split: Split): void => {
    const before = groupSides.get(group) ?? split;
    groupSides.set(group, before === split ? split : "torn");
  };
  /** Of new rows, in the order of the first of each. */
  const members = new Map<number, PreparedRow[]>();
  for (const [at, row] of ordered.entries()) {
    const group = groups[at] as number;
    for (const mark of marked[at] ?? []) {
      const split = places.get(mark);
      if (split !== undefined) stands(group, split);
    }
    const split = placed.get(row);
    if (split !== undefined) {
      put(row, split);
      stands(group, split);
      continue;
    }
    const others = members.get(group);
    if (others) others.push(row);
    else members.set(group, [row]);
  }

  let torn = 0;
  for (const [group, together] of members) {
    const side = groupSides.get(group);
    if (side === "torn") {
      torn += together.length;
      continue;
    }
    const left = (split: Split): number =>
      together.reduce((sum, row) => sum + (wanted.get(stratum(row))?.[split] ?? 0), 0);
    const split = side ?? splits.reduce((best, one) => (left(one) > left(best) ? one : best));
    for (const row of together) put(row, split);
  }
  const rowsOf = (split: Split) => ordered.filter((row) => sides.get(row) === split);
  return { rows: { train: rowsOf("train"), test: rowsOf("test"), eval: rowsOf("eval") }, torn };
}

/** How many of `total` rows a split wants. */
export function quota(total: number, shares: Shares): Record<Split, number> {
  const counts: Record<Split, number> = { train: 0, test: 0, eval: 0 };
  const wanted = splits.filter((split) => shares[split] > 0);
  const whole = wanted.reduce((sum, split) => sum + shares[split], 0);
  let left = total;
  for (const split of wanted) {
    const isLast = split === wanted.at(-1);
    // The share may fall a hair below the whole number that it is.
    const share = Math.floor((total * shares[split]) / whole + 1e-9);
    // Each of the others is to have one.
    const others = wanted.length - 1 - wanted.indexOf(split);
    counts[split] = isLast ? left : Math.min(left, Math.max(1, Math.min(share, left - others)));
    left -= counts[split];
  }
  return counts;
}

function totals(rows: readonly PreparedRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(stratum(row), (counts.get(stratum(row)) ?? 0) + 1);
  return counts;
}

const stratum = ({ task, label }: PreparedRow): string => labelKey(task, label);

/** The number of each row's group: rows that share a text or a group, directly or through others. */
function groupsOf(marked: readonly (readonly string[])[]): Uint32Array {
  const parent = Uint32Array.from(marked, (_, at) => at);
  const root = (of: number): number => {
    let at = of;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  const first = new Map<string, number>();
  for (const [at, ofRow] of marked.entries()) {
    for (const mark of ofRow) {
      const other = first.get(mark);
      if (other === undefined) first.set(mark, at);
      else parent[Math.max(root(at), root(other))] = Math.min(root(at), root(other));
    }
  }
  return parent.map((_, at) => root(at));
}

/** Of a pair the first text only: a common answer or hypothesis would join everything. */
function marks(row: PreparedRow): readonly string[] {
  const [text = ""] = normalTexts(row);
  return [hashed(text), ...(row.group === undefined ? [] : [row.group])];
}

/** An order that the seed and the rows alone decide. */
const inChanceOrder = (rows: readonly PreparedRow[], seed: number): readonly PreparedRow[] =>
  rows
    .map((row) => ({ row, at: hashed(`${seed}`, row.task, row.label, ...normalTexts(row)) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ row }) => row);

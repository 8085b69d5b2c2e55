import fc from "fast-check";
import { expect, test } from "vitest";
import { type PreparedRow, type Split, splits } from "../rows.ts";
import { assignSplits, placesOf, quota, type SplitRows } from "./assign-splits.ts";
import { hashed, rowPool } from "./row-pool.ts";

const shares = { train: 0.8, test: 0.1, eval: 0.1 };

const row = (text: string, label = "food", more: Partial<PreparedRow> = {}): PreparedRow =>
  ({ text, task: "query_domain", label, source: "hf:x", ...more }) as PreparedRow;

const many = (count: number, label: string) =>
  Array.from({ length: count }, (_, at) => row(`${label} ${at}`, label));

const sideOf = (rows: SplitRows) =>
  new Map(splits.flatMap((split) => rows[split].map((one) => [one, split] as const)));

test.each([
  { total: 0, want: [0, 0, 0] },
  { total: 1, want: [1, 0, 0] },
  { total: 2, want: [1, 1, 0] },
  { total: 3, want: [1, 1, 1] },
  { total: 10, want: [8, 1, 1] },
  { total: 19, want: [15, 1, 3] },
  { total: 1000, want: [800, 100, 100] },
])("of $total rows", ({ total, want }) => {
  expect(Object.values(quota(total, shares))).toEqual(want);
});

test("without a share there are no rows", () => {
  expect(quota(10, { train: 1, test: 0, eval: 0 })).toEqual({ train: 10, test: 0, eval: 0 });
  expect(quota(2, { train: 1, test: 0, eval: 0 })).toEqual({ train: 2, test: 0, eval: 0 });
  expect(quota(2, { train: 0, test: 0.5, eval: 0.5 })).toEqual({ train: 0, test: 1, eval: 1 });
  expect(quota(10, { train: 0.9, test: 0.1, eval: 0 })).toEqual({ train: 9, test: 1, eval: 0 });
});

test("every label has its share", () => {
  const rows = [
    ...many(100, "food"),
    ...many(37, "travel"),
    ...many(3, "work"),
    ...many(1, "tech"),
  ];
  const { rows: by } = assignSplits(rows, new Map(), shares, 42);
  const count = (split: Split, label: string) =>
    by[split].filter((one) => one.label === label).length;
  expect(splits.map((split) => count(split, "food"))).toEqual([80, 10, 10]);
  expect(splits.map((split) => count(split, "travel"))).toEqual([29, 3, 5]);
  expect(splits.map((split) => count(split, "work"))).toEqual([1, 1, 1]);
  expect(splits.map((split) => count(split, "tech"))).toEqual([1, 0, 0]);
});

test("the order of the rows says nothing; the seed does", () => {
  const rows = [...many(40, "food"), ...many(40, "work")];
  const first = assignSplits(rows, new Map(), shares, 1).rows;
  expect(assignSplits(rows.toReversed(), new Map(), shares, 1).rows).toEqual(first);
  expect(assignSplits(rows, new Map(), shares, 2).rows).not.toEqual(first);
});

test("one text, one group: one side", () => {
  const group = hashed("premise");
  const rows = [
    ...Array.from({ length: 300 }, (_, at) =>
      row(`${at >> 2}`, ["food", "work"][at % 2], { source: `s${at}` }),
    ),
    ...Array.from({ length: 30 }, (_, at) => row(`other ${at}`, "tech", { group })),
  ];
  const sides = sideOf(assignSplits(rows, new Map(), shares, 3).rows);
  const sidesOf = (some: readonly PreparedRow[]) => new Set(some.map((one) => sides.get(one))).size;
  for (let text = 0; text < 75; text++) {
    expect(sidesOf(rows.filter((one) => "text" in one && one.text === `${text}`))).toBe(1);
  }
  expect(sidesOf(rows.slice(300))).toBe(1);
});

test("no row moves, whatever comes later; what would tear a group is left out", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(30), fc.constantFrom("food", "work"), fc.nat(8)), { minLength: 1 }),
      fc.array(fc.tuple(fc.nat(60), fc.constantFrom("food", "work", "tech"), fc.nat(8))),
      (before, after) => {
        const pool = rowPool(1000);
        const add = ([text, label, group]: readonly [number, string, number]) =>
          pool.add(row(`${text}`, label, { group: `g${group}` }));
        for (const one of before) add(one);
        const count = pool.rows.length;
        const first = sideOf(assignSplits(pool.rows, new Map(), shares, 5).rows);
        expect(first.size).toBe(count);
        for (const one of after) add(one);
        const { rows, torn } = assignSplits(pool.rows, first, shares, 5);
        const second = sideOf(rows);
        for (const [one, split] of first) expect(second.get(one)).toBe(split);
        expect(second.size + torn).toBe(pool.rows.length);
        for (const one of second.keys()) {
          const fellows = [...second.keys()].filter((other) => other.group === one.group);
          expect(new Set(fellows.map((other) => second.get(other))).size).toBe(1);
        }
      },
    ),
  );
});

test("what was away comes back to its place, and so does what belongs to it", () => {
  const rows = many(200, "food");
  const first = assignSplits(rows, new Map(), shares, 1).rows;
  const places = placesOf(first, new Map());
  const fewer = rows.slice(150);
  const second = assignSplits(fewer, new Map(), shares, 1, places).rows;
  const third = assignSplits(rows, new Map(), shares, 1, placesOf(second, places)).rows;
  const [before, after] = [sideOf(first), sideOf(third)];
  for (const one of rows) expect(after.get(one)).toBe(before.get(one));
  const twin = row("food 0", "work");
  const fourth = assignSplits([...rows, twin], new Map(), shares, 1, places).rows;
  expect(sideOf(fourth).get(twin)).toBe(before.get(rows[0] as PreparedRow));
});

test("a pool has no row twice and no label over its limit", () => {
  const pool = rowPool(2);
  expect(pool.add(row("Soup"))).toBe("added");
  expect(pool.add(row("soup"))).toBe("duplicate");
  expect(pool.add(row("soup", "work"))).toBe("added");
  expect(pool.add(row("SOUP", "tech", { source: "llm:query_domain:tech" }))).toBe("elsewhere");
  expect(pool.add(row("bread"))).toBe("added");
  expect(pool.add(row("fish"))).toBe("full");
  const pair = { task: "scope_match", label: "match", source: "hf:x" };
  expect(pool.add({ ...pair, text_a: "a", text_b: "b" })).toBe("added");
  expect(pool.add({ ...pair, text_a: "b", text_b: "a" })).toBe("added");
  expect(pool.add({ ...pair, text_a: "A", text_b: "b" })).toBe("duplicate");
  expect([pool.count("query_domain", "food"), pool.count("scope_match", "match")]).toEqual([2, 2]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Row } from "./read-rows.ts";
import { sliceOf } from "./slice.ts";

const row = (label: string, group: string): Row => ({
  texts: ["x"],
  task: "t",
  label,
  source: "s",
  group,
});

test("a tenth of each label is held, the same for the same seed", () => {
  const rows = Array.from({ length: 400 }, (_, i) => row(i % 4 ? "a" : "b", `${i}`));
  const slice = sliceOf(rows, 42);
  const held = (label: string) => slice?.held.filter((at) => rows[at]?.label === label).length;
  expect([held("a"), held("b")]).toEqual([30, 10]);
  expect(sliceOf(rows, 42)).toEqual(slice);
  expect(sliceOf(rows, 43)).not.toEqual(slice);
});

test("rows of a group stay on one side, and every label keeps a row to fit", () => {
  const one = fc.record({
    label: fc.constantFrom("a", "b", "c"),
    group: fc.integer({ max: 60, min: 0 }),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 100, maxLength: 400 }), fc.integer(), (list, seed) => {
      const rows = list.map(({ label, group }) => row(label, `${group}`));
      const slice = sliceOf(rows, seed);
      if (!slice) return;
      const groupsOf = (side: readonly number[]) => new Set(side.map((at) => rows[at]?.group));
      const heldGroups = groupsOf(slice.held);
      expect([...groupsOf(slice.fit)].filter((group) => heldGroups.has(group))).toEqual([]);
      expect(slice.fit.length + slice.held.length).toBe(rows.length);
      const labels = new Set(slice.fit.map((at) => rows[at]?.label));
      expect(labels).toEqual(new Set(rows.map(({ label }) => label)));
    }),
    { numRuns: 50 },
  );
});

test("too few rows are no slice", () => {
  expect(
    sliceOf(
      Array.from({ length: 100 }, (_, i) => row("a", `${i}`)),
      1,
    ),
  ).toBeUndefined();
});

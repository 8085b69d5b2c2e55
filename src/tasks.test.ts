import { expect, test } from "vitest";
import { families, tasks, tasksOf } from "./tasks.ts";

test("18 tasks with 92 labels are the reference's", () => {
  const theirs = tasks.filter(({ optional }) => !optional);
  expect(theirs).toHaveLength(18);
  expect(theirs.flatMap(({ labels }) => labels)).toHaveLength(92);
  const counts = families.map(
    (family) =>
      tasksOf(family)
        .filter(({ optional }) => !optional)
        .flatMap(({ labels }) => labels).length,
  );
  expect(counts).toEqual([56, 28, 8]);
});

test.each(tasks)(
  "$name has labels that differ, its fallback among them",
  ({ labels, fallback }) => {
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels).toContain(fallback);
  },
);

import { expect, test } from "vitest";
import { parseKnn } from "../artifact/knn-json.ts";
import { openSelector } from "./open-selector.ts";

type Row = readonly [x: number, label: string, quality: number, latency?: number];

const selector = (rows: readonly Row[], fields: object) =>
  openSelector(
    parseKnn(
      JSON.stringify({
        algorithm: "knn",
        trained: true,
        embeddings: rows.map(([x]) => [x]),
        labels: rows.map(([, label]) => label),
        qualities: rows.map(([, , quality]) => quality),
        ...(rows[0]?.length === 4 && { latencies: rows.map(([, , , latency]) => latency) }),
        ...fields,
      }),
    ),
  );

test.each<{ case: string; rows: Row[]; k: number; candidates?: string[]; want: string }>([
  {
    case: "the nearest votes",
    rows: [
      [0, "a", 1],
      [9, "b", 1],
    ],
    k: 1,
    want: "a",
  },
  {
    case: "quality outweighs nearness",
    rows: [
      [0, "a", 0.2],
      [9, "b", 1],
    ],
    k: 2,
    want: "b",
  },
  {
    case: "two votes beat one",
    rows: [
      [0, "a", 0.6],
      [1, "a", 0.6],
      [2, "b", 1],
    ],
    k: 3,
    want: "a",
  },
  {
    case: "speed decides between equals",
    rows: [
      [0, "a", 1, 900],
      [0, "b", 1, 100],
    ],
    k: 2,
    want: "b",
  },
  {
    case: "of equally near rows the first counts",
    rows: [
      [0, "b", 1],
      [0, "a", 1],
    ],
    k: 1,
    want: "b",
  },
  {
    case: "of equal votes the better overall wins",
    rows: [
      [0, "a", 1],
      [0, "b", 1],
      [9, "a", 0],
    ],
    k: 2,
    want: "b",
  },
  {
    case: "of equal models the name decides",
    rows: [
      [0, "b", 1],
      [0, "a", 1],
    ],
    k: 2,
    want: "a",
  },
  {
    case: "others have no vote",
    rows: [
      [0, "a", 1],
      [1, "b", 0.1],
    ],
    k: 2,
    candidates: ["b", "c"],
    want: "b",
  },
  {
    case: "a candidate further off than k",
    rows: [
      [0, "a", 1],
      [1, "a", 1],
      [9, "b", 1],
    ],
    k: 2,
    candidates: ["b"],
    want: "b",
  },
])("$case", ({ rows, k, candidates, want }) => {
  expect(selector(rows, { k }).select([0], candidates).model).toBe(want);
});

test("rows of other models still take their place among the k nearest", () => {
  const rows: Row[] = [
    [0, "a", 1],
    [1, "b", 0.3],
    [2, "c", 1],
  ];
  expect(selector(rows, { k: 2 }).select([0], ["b", "c"]).scores).toEqual([
    { model: "b", score: 0.9 * 0.3 + 0.1 },
    { model: "c", score: 0 },
  ]);
});

test.each<{ case: string; rows: Row[]; fields?: object; want: [string, number][] }>([
  {
    case: "the mean, not the sum, of the k nearest queries",
    rows: [
      [0, "a", 0.5],
      [0, "a", 0.7],
      [1, "a", 0.8],
      [1, "b", 0.9],
      [9, "b", 0.7],
      [99, "a", 0],
    ],
    want: [
      ["b", 0.8],
      ["a", 0.7],
    ],
  },
  {
    case: "speed counts when latencies are known",
    rows: [
      [0, "a", 1, 900],
      [0, "b", 1, 100],
    ],
    want: [
      ["b", 1],
      ["a", 0.9],
    ],
  },
  {
    case: "shrinkage pulls towards the model's mean",
    rows: [
      [0, "a", 1],
      [1, "a", 1],
      [9, "a", 0],
      [10, "a", 0],
    ],
    fields: { shrinkage: 2 },
    want: [["a", 0.75]],
  },
])("outcomes: $case", ({ rows, fields, want }) => {
  const { model, scores } = selector(rows, { k: 2, mode: "outcomes", ...fields }).select([0]);
  expect(model).toBe(want[0]?.[0]);
  expect(scores.map((own) => own.model)).toEqual(want.map(([name]) => name));
  for (const [at, { score }] of scores.entries()) {
    expect(score).toBeCloseTo(want[at]?.[1] ?? Number.NaN, 12);
  }
});

import { expect, test } from "vitest";
import { parseSvm } from "../artifact/svm-json.ts";
import { openSelector } from "./open-selector.ts";

const selector = (fields: object) =>
  openSelector(
    parseSvm(
      JSON.stringify({
        algorithm: "svm",
        trained: true,
        model_names: ["a", "b"],
        kernel_type: "Linear",
        gamma: 1,
        ...fields,
      }),
    ),
  );
const linear = (model_name: string, weights: number[], rho = 0) => ({ model_name, weights, rho });
const rbf = (model_name: string, alpha: number[], support_vectors: number[][]) => ({
  model_name,
  alpha,
  support_vectors,
  rho: 0.25,
  gamma: 2,
});

test("linear: weights . x - rho, of x scaled to length 1", () => {
  const machines = { linear_classifiers: [linear("a", [1, 0], 0.5), linear("b", [0, 1])] };
  expect(selector(machines).select([3, 4]).scores).toEqual([
    { model: "b", score: 0.8 },
    { model: "a", score: 0.6 - 0.5 },
  ]);
});

test("rbf: support vectors are not scaled", () => {
  const machines = {
    rbf_classifiers: [
      rbf(
        "a",
        [1, -0.5],
        [
          [2, 0],
          [0, 1],
        ],
      ),
    ],
  };
  const [best] = selector(machines).select([5, 0]).scores;
  expect(best?.score).toBeCloseTo(Math.exp(-2) - 0.5 * Math.exp(-4) - 0.25, 15);
});

test.each<{ case: string; fields: object; candidates?: string[]; want: string }>([
  {
    case: "the first of equals wins",
    fields: { linear_classifiers: [linear("b", [1, 1]), linear("a", [1, 1])] },
    want: "b",
  },
  {
    case: "the best candidate",
    fields: { linear_classifiers: [linear("a", [9, 9]), linear("b", [1, 1]), linear("c", [2, 2])] },
    candidates: ["b", "c"],
    want: "c",
  },
  {
    case: "linear declared, rbf machines: scored as rbf",
    fields: { rbf_classifiers: [rbf("a", [1], [[-1, -1]]), rbf("b", [1], [[1, 1]])] },
    want: "b",
  },
  { case: "no machine at all: upstream's first name", fields: {}, want: "a" },
])("$case", ({ fields, candidates, want }) => {
  expect(selector(fields).select([1, 1], candidates).model).toBe(want);
});

test("among candidates a file without machines is an error", () => {
  expect(() => selector({}).select([1, 1], ["a", "b"])).toThrow(
    expect.objectContaining({ code: "selector_no_candidate" }),
  );
});

test("a score that is not a number never wins, and never hides", () => {
  const machines = {
    linear_classifiers: [linear("a", [1e308, -1e308], 1e308), linear("b", [-1e308, -1e308], 1e308)],
  };
  expect(() => selector(machines).select([1, 1], ["b"])).toThrow(
    expect.objectContaining({ code: "selector_no_candidate" }),
  );
});

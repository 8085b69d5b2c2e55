import { expect, test } from "vitest";
import { parseSvm, svmToJSON } from "./svm-json.ts";

const machine = { rho: 0.5, gamma: 1 };
const file = {
  algorithm: "svm",
  trained: true,
  model_names: ["a", "b"],
  kernel_type: "Rbf",
  gamma: 1,
  linear_classifiers: [],
  rbf_classifiers: [
    {
      ...machine,
      model_name: "a",
      alpha: [1, -2],
      support_vectors: [
        [1, 0],
        [0, 1],
      ],
    },
    { ...machine, model_name: "b", alpha: [3], support_vectors: [[0, 1]] },
  ],
};
const linear = {
  kernel_type: "Linear",
  linear_classifiers: [{ model_name: "a", weights: [0.1, 2], rho: -1 }],
  rbf_classifiers: [],
};
const [first, second] = file.rbf_classifiers;
const parse = (changes: object) => parseSvm(JSON.stringify({ ...file, ...changes }));

test("machines share the support vectors they have in common", () => {
  expect(parse({})).toEqual({
    algorithm: "svm",
    trained: true,
    dimension: 2,
    modelNames: ["a", "b"],
    kernelType: "rbf",
    gamma: 1,
    linear: [],
    rbf: [
      {
        model: "a",
        vectorOf: new Uint32Array([0, 1]),
        alpha: new Float64Array([1, -2]),
        rho: 0.5,
        gamma: 1,
      },
      {
        model: "b",
        vectorOf: new Uint32Array([1]),
        alpha: new Float64Array([3]),
        rho: 0.5,
        gamma: 1,
      },
    ],
    vectors: new Float32Array([1, 0, 0, 1]),
  });
});

test.each(["Rbf", "rbf", "RBF"])("kernel_type %s is rbf", (kernel_type) => {
  expect(parse({ kernel_type }).kernelType).toBe("rbf");
});

test("the older field kernel stands in for kernel_type", () => {
  expect(parse({ kernel_type: undefined, kernel: "Linear" }).kernelType).toBe("linear");
});

test.each([
  { case: "rbf", changes: {} },
  { case: "linear", changes: linear },
  { case: "no machines", changes: { rbf_classifiers: undefined, linear_classifiers: undefined } },
  {
    case: "a machine without support vectors",
    changes: {
      rbf_classifiers: [{ ...machine, model_name: "a", alpha: [], support_vectors: [] }, second],
    },
  },
])("$case: written and read again it is the same", ({ changes }) => {
  const artifact = parse(changes);
  expect(parseSvm(svmToJSON(artifact))).toEqual(artifact);
});

test("the kernel is written as upstream's reader wants it", () => {
  expect(svmToJSON(parse({ kernel_type: "rbf" }))).toContain('"kernel_type":"Rbf"');
  expect(svmToJSON(parse(linear))).toContain('"kernel_type":"Linear"');
});

test.each([
  { changes: { kernel_type: undefined }, detail: "kernel_type is missing" },
  { changes: { kernel_type: "poly" }, detail: 'kernel_type is "poly"' },
  { changes: { gamma: undefined }, detail: "gamma is missing" },
  { changes: { model_names: undefined }, detail: "model_names is missing" },
  { changes: { rbf_classifiers: null }, detail: "rbf_classifiers is null, not an array" },
  { changes: { rbf_classifiers: [1] }, detail: "rbf_classifiers[0] is not an object" },
  {
    changes: { rbf_classifiers: [first, { ...second, gamma: undefined }] },
    detail: "rbf_classifiers[1].gamma is missing",
  },
  {
    changes: { rbf_classifiers: [{ ...first, alpha: [1] }] },
    detail: "rbf_classifiers[0].alpha has length 1, rbf_classifiers[0].support_vectors has 2",
  },
  {
    changes: { rbf_classifiers: [{ ...first, support_vectors: [[1, 0], [1]] }] },
    detail: "rbf_classifiers[0].support_vectors[1] has length 1",
  },
  {
    changes: { rbf_classifiers: [first, { ...second, support_vectors: [[1, 2, 3]] }] },
    detail: "rbf_classifiers[1].support_vectors is 3 wide, rbf_classifiers[0].support_vectors is 2",
  },
  {
    changes: { linear_classifiers: [{ model_name: "a", weights: [], rho: 0 }] },
    detail: "linear_classifiers[0].weights is empty",
  },
  {
    changes: { linear_classifiers: [{ model_name: "a", weights: [1, 2] }] },
    detail: "linear_classifiers[0].rho is missing",
  },
])("refuses: $detail", ({ changes, detail }) => {
  expect(() => parse(changes)).toThrow(
    expect.objectContaining({
      code: "artifact_invalid",
      detail: expect.stringContaining(`svm_model.json: ${detail}`),
    }),
  );
});

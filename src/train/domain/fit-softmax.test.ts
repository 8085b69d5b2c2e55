import { expect, test } from "vitest";
import { type FitData, type FitOptions, fitSoftmax } from "./fit-softmax.ts";

/** Column c of the text names class c; the vector is noise. */
const data: FitData = {
  text: Array.from({ length: 60 }, (_, row) => ({
    columns: Uint32Array.of(row % 3),
    values: Float32Array.of(1),
  })),
  vectors: Float32Array.from({ length: 120 }, (_, at) => Math.sin(at)),
  width: 2,
  labels: Uint8Array.from({ length: 60 }, (_, row) => row % 3),
  weights: new Float32Array(60).fill(1),
};
const options: FitOptions = {
  textColumns: 3,
  classes: 3,
  epochs: 10,
  textRate: 0.5,
  vectorRate: 0.1,
  penalty: 1e-4,
  seed: 1,
};

test("a column that names a class speaks for it and against the others", () => {
  const { text } = fitSoftmax(data, options);
  for (let column = 0; column < 3; column++) {
    const row = text.subarray(column * 3, column * 3 + 3);
    expect(row.indexOf(Math.max(...row))).toBe(column);
    expect(row[column]).toBeGreaterThan(1);
  }
});

test("the same seed gives the same bytes, another does not", () => {
  expect(fitSoftmax(data, options)).toEqual(fitSoftmax(data, options));
  expect(fitSoftmax(data, { ...options, seed: 2 })).not.toEqual(fitSoftmax(data, options));
});

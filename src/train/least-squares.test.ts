import { expect, test } from "vitest";
import { random } from "../math/random.ts";
import { calibrate } from "./calibrate.ts";
import { dual, leastSquares, primal } from "./least-squares.ts";

const next = random(5);
const made = (count: number, dimension: number, columns: number) => ({
  rows: Float32Array.from({ length: count * dimension }, () => next() - 0.5),
  targets: Float64Array.from({ length: count * columns }, () => next()),
  dimension,
  columns,
});

test.each([
  { count: 30, dimension: 6 },
  { count: 5, dimension: 9 },
])(
  "in numbers or in rows ($count of $dimension), the solution is the same",
  ({ count, dimension }) => {
    const problem = made(count, dimension, 2);
    const [one, other] = [primal(problem, [0.5, 3]), dual(problem, [0.5, 3])];
    one.forEach(({ weights, rho }, at) => {
      weights.forEach((w, i) => {
        expect(other[at]?.weights[i]).toBeCloseTo(w, 5);
      });
      rho.forEach((r, m) => {
        expect(other[at]?.rho[m]).toBeCloseTo(r, 5);
      });
    });
  },
);

test("without much penalty a line is found, offset and all", () => {
  const { rows } = made(40, 2, 1);
  const targets = Float64Array.from(
    { length: 40 },
    (_, row) => 3 * (rows[2 * row] ?? 0) - (rows[2 * row + 1] ?? 0) + 7,
  );
  const [fit] = leastSquares({ rows, dimension: 2, targets, columns: 1 }, [1e-6]);
  expect(fit?.weights[0]).toBeCloseTo(3, 4);
  expect(fit?.weights[1]).toBeCloseTo(-1, 4);
  expect(fit?.rho[0]).toBeCloseTo(-7, 4);
});

test.each([
  { case: "a line", x: [0, 1, 2], y: [1, 3, 5], want: { slope: 2, offset: 1 } },
  {
    case: "pairs with NaN are left out",
    x: [0, 1, Number.NaN],
    y: [0, 1, 9],
    want: { slope: 1, offset: 0 },
  },
  { case: "wrong more often than right", x: [0, 1], y: [1, 0], want: { slope: 0, offset: 0.5 } },
  { case: "one value", x: [2, 2], y: [1, 3], want: { slope: 0, offset: 2 } },
  { case: "nothing", x: [], y: [], want: { slope: 0, offset: 0 } },
])("calibration of $case", ({ x, y, want }) => {
  const { slope, offset } = calibrate(x, y);
  expect(slope).toBeCloseTo(want.slope, 12);
  expect(offset).toBeCloseTo(want.offset, 12);
});

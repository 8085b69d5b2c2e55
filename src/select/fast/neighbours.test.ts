import { expect, test } from "vitest";
import { random } from "../../math/random.ts";
import { neighbourSearch } from "./neighbours.ts";

const [width, categories, perCategory] = [32, 14, 20];
const dimension = width + categories;

function rows(): Float32Array {
  const next = random(5);
  const all = new Float32Array(categories * perCategory * dimension);
  for (let row = 0; row < categories * perCategory; row++) {
    const x = all.subarray(row * dimension, (row + 1) * dimension);
    for (let i = 0; i < width; i++) x[i] = 1 + next();
    const length = Math.hypot(...x);
    for (let i = 0; i < width; i++) x[i] = (x[i] as number) / length;
    x[width + (row % categories)] = 1;
  }
  return all;
}

const search = neighbourSearch(rows(), dimension, categories);
if (!search) throw new Error("unreachable: the rows are short");

test("another category is not read when the query's own has enough", () => {
  search.begin(rows().subarray(0, dimension));
  search.nearest(undefined, 5);
  expect(search.work().bytes).toBe(perCategory);
  expect(search.work().doubles).toBeLessThan(perCategory);
});

test("every category is read when it has not, or the query has none", () => {
  const x = rows().slice(0, dimension);
  search.begin(x);
  search.nearest(undefined, perCategory + 1);
  expect(search.work().bytes).toBe(categories * perCategory);
  x.fill(0, width);
  search.begin(x);
  search.nearest(undefined, 5);
  expect(search.work().bytes).toBe(categories * perCategory);
});

test("equal distances go by index, and all of the weight is accounted for", () => {
  const twice = new Float32Array(6 * dimension);
  for (let row = 0; row < 6; row++) twice[row * dimension] = 1;
  const same = neighbourSearch(twice, dimension, categories);
  same?.begin(twice.subarray(0, dimension));
  const { insideCount, edge, edgeCount, room } = same?.nearest(undefined, 4) ?? {};
  expect(insideCount).toBe(0);
  expect([...(edge?.subarray(0, edgeCount) ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
  expect(room).toBe(4);
});

test("no bound holds for what overflows or is no number", () => {
  for (const value of [1e200, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(search.begin(new Float64Array(dimension).fill(value))).toBe(false);
  }
});

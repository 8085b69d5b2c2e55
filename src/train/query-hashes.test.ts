import { expect, test } from "vitest";
import { hashedQueries, hashQueries } from "./query-hashes.ts";

const trained = ["What is law?", "Was ist Recht?", "Ｗhat  is\tlaw? "];

test("tells which queries were trained on, however they are written", () => {
  const hashes = hashQueries(trained, "salt");
  expect(hashes.count).toBe(2);
  const has = hashedQueries(hashes);
  for (const query of [...trained, " WHAT IS\nLAW?"]) expect(has(query), query).toBe(true);
  for (const query of ["What is law", "", "What islaw?"]) expect(has(query), query).toBe(false);
});

test("holds neither a text nor the same numbers for another file", () => {
  const text = JSON.stringify(hashQueries(trained, "salt"));
  expect(text).not.toMatch(/law|recht/i);
  const other = hashQueries(trained, "another");
  expect(other.hashes).not.toBe(hashQueries(trained, "salt").hashes);
  expect(hashQueries([...trained].reverse(), "another")).toEqual(other);
});

import { expect, test } from "vitest";
import { groupByQuery } from "./examples.ts";
import { statisticsOf } from "./statistics.ts";
import { hashEmbedder, madeUpBenchmark } from "./testing/benchmark.ts";
import { trainSelectors } from "./train-selectors.ts";
import { beatsTable, crossValidationText } from "./training-report.ts";

test("a selector that is not above the category table is named, with by how much", async () => {
  const records = madeUpBenchmark(140, ["a", "b"]);
  const examples = groupByQuery(records);
  const selectors = await trainSelectors(examples, hashEmbedder());
  const text = crossValidationText(selectors, statisticsOf(examples, records.length));
  expect(text).toMatch(
    /best single model 0\.\d{3} \([ab]\), oracle 0\.\d{3}, category table 0\.\d{3}/,
  );
  // The category says all that there is to know of these queries.
  for (const { artifact, figures } of selectors) {
    expect(figures && beatsTable(figures)).toBe(false);
    const ahead = (figures?.overTable?.mean ?? 0) > 0;
    const said = ahead ? "is ahead of the category table by" : "does not beat the category table";
    expect(text).toContain(`${artifact.algorithm} ${said}`);
  }
  expect(text).toMatch(/points \[-?\+?\d+\.\d\d, \+\d+\.\d\d\]/);
});

test("above it is where the whole interval is", () => {
  const over = { mean: 0.02, low: 0.01, high: 0.03, count: 100 };
  expect(beatsTable({ overTable: over })).toBe(true);
  expect(beatsTable({ overTable: { ...over, low: 0 } })).toBe(false);
  expect(beatsTable({})).toBeUndefined();
});

import fc from "fast-check";
import { Counter, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { registerCounter, registerHistogram } from "./series.ts";

const name = "some_total";
const help = "Some";
const buckets = [0.1, 1, 10];
// Few, so that they meet again; with what has to be escaped.
const value = fc.constantFrom("a", "b", 'quo"te', "back\\slash", "new\nline", "");
const amount = fc.integer({ min: 0, max: 40 }).map((whole) => whole / 4);

/** The exposition, its lines in an order of their own where the registry leaves that open. */
const shown = async (registry: Registry): Promise<string[]> =>
  (await registry.metrics()).split("\n").sort();

test.each([0, 1, 2, 3])("with %i labels: what prom-client's own metrics show", async (count) => {
  const labelNames = ["model", "reason", "kind"].slice(0, count);
  const labels = fc
    .tuple(...labelNames.map(() => value))
    .map((values) => Object.fromEntries(labelNames.map((label, at) => [label, values[at] ?? ""])));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(labels, amount)), async (events) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const registers = [theirs];
      const counter = registerCounter(own, { name, help, labelNames });
      const histogram = registerHistogram(own, { name: "h", help, labelNames }, buckets);
      const counterOracle = new Counter({ name, help, labelNames, registers });
      const histogramOracle = new Histogram({ name: "h", help, labelNames, buckets, registers });
      for (const [which, by] of events) {
        counter.inc(which, by);
        counterOracle.inc(which, by);
        histogram.observe(which, by);
        histogramOracle.observe(which, by);
      }
      expect(await shown(own)).toEqual(await shown(theirs));
    }),
    { numRuns: 50 },
  );
});

test("labels that are left out, and by how much, have defaults", async () => {
  const registry = new Registry();
  const counter = registerCounter(registry, { name, help, labelNames: ["model"] });
  counter.inc();
  counter.inc({ model: "a" });
  expect(await registry.metrics()).toContain('some_total{model=""} 1\nsome_total{model="a"} 1\n');
});

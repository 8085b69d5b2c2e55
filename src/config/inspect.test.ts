import fc from "fast-check";
import { expect, test } from "vitest";
import { inspectConfig } from "./inspect.ts";
import { RouterConfig } from "./schema.ts";

/** Either a configuration or at least one problem, whatever the text: never both, never an exception. */
function judged(text: string): void {
  const { config, problems } = inspectConfig(text, { A: "1" });
  expect(config === undefined).toBe(problems.length > 0);
  for (const { message, line } of problems) {
    expect(message).not.toMatch(/undefined|\[object|NaN|Infinity|invalid input/i);
    // To YAML a carriage return alone ends a line too.
    if (line !== undefined) expect(line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length);
  }
}

test("any text is judged", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), judged));
});

const key = fc.constantFrom(
  ...Object.keys(RouterConfig.shape),
  "name",
  "rules",
  "operator",
  "conditions",
  "type",
  "modelRefs",
  "model",
  "algorithm",
  "ml",
  "__proto__",
  "constructor",
);
const scalar = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1.5,
  1e300,
  "",
  "math",
  "domain",
  "OR",
  "NOT",
  "knn",
  "elo",
  "$" + "{A}",
  "$" + "{B}",
  "x\n",
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
  ),
}));

test("any tree of our keys is judged", () => {
  fc.assert(
    fc.property(tree, tree, tree, (decision, rules, rest) => {
      const decisions = [decision, { name: "d", rules, modelRefs: rest, algorithm: rest }];
      judged(JSON.stringify({ default_model: "m", decisions }));
      judged(JSON.stringify({ default_model: "m", model_selection: rest, model_config: rules }));
      judged(JSON.stringify(rest));
    }),
    { numRuns: 300 },
  );
});

test("a good configuration with one value spoilt is refused, or still good", () => {
  const good = {
    default_model: "m",
    categories: [{ name: "stem", mmlu_categories: ["math"] }],
    decisions: [
      {
        name: "d",
        rules: {
          operator: "AND",
          conditions: [
            { type: "domain", name: "stem" },
            { operator: "NOT", conditions: [{ type: "domain", name: "law" }] },
          ],
        },
        modelRefs: [{ model: "a" }, { model: "b", use_reasoning: true }],
        algorithm: { type: "kmeans", kmeans: { num_clusters: 3 } },
      },
    ],
    vllm_endpoints: [{ name: "e", address: "h", port: 1 }],
    model_config: { a: { preferred_endpoints: ["e"] }, b: {}, m: {} },
  };
  expect(inspectConfig(JSON.stringify(good), {}).problems).toEqual([]);
  const text = JSON.stringify(good, null, 1);
  const values = [...text.matchAll(/: ("[^"]*"|\d+|true)/g)];
  fc.assert(
    fc.property(fc.constantFrom(...values), tree, (value, other) => {
      const at = value.index + 2;
      judged(
        text.slice(0, at) +
          JSON.stringify(other ?? null) +
          text.slice(at + (value[1]?.length ?? 0)),
      );
    }),
  );
});

import { expect, test } from "vitest";
import { parseArtifact } from "../artifact/json-artifact.ts";
import { RouterError } from "../errors.ts";
import { openSelector } from "./open-selector.ts";
import { type EdgeCase, edgeCases, toNumbers } from "./testing/goldens.ts";
import { kmeansTieChoices, knnTieChoices } from "./testing/tie-choices.ts";

/** Upstream loads these and aborts, or answers by accident, once it reads past a row. */
const refusedHere = new Map([
  ["knn k=0", "k is 0"],
  ["knn zero-width embeddings", "embeddings[0] is empty"],
  ["knn short qualities", "qualities has length 1, embeddings has 4"],
  ["knn short latencies", "latencies has length 2, embeddings has 4"],
  ["knn labels shorter than embeddings", "labels has length 3, embeddings has 4"],
  ["knn labels empty", "labels has length 0, embeddings has 4"],
  ["knn labels longer than embeddings, k larger", "labels has length 6, embeddings has 4"],
  ["knn ragged but total equals n*dim(0)", "embeddings[1] has length 1, embeddings[0] has 2"],
  ["svm alpha longer than support_vectors", "alpha has length 2"],
  ["svm alpha shorter than support_vectors", "alpha has length 1"],
  ["svm ragged support_vectors", "support_vectors[1] has length 1"],
]);

/** Upstream refuses these for how they are written, not for what they say. */
const readHere = new Map([
  ["knn float k", ["a", "a", "a"]],
  ["knn fractional latencies", ["a", "b", "a"]],
  ["knn latency above i64", ["a"]],
  ["kmeans dict cluster_models (old python format)", ["a", "b", "a"]],
  ["svm kernel_type lowercase", ["a", "b", "a", "a", "a"]],
]);

/** Upstream's order of equally distant rows is an accident of its tree: any order's answer will do. */
const tieChoices = new Map<string, (query: readonly number[], file: never) => ReadonlySet<string>>([
  ["knn duplicate vectors, k cuts a tie group (n<=16: one leaf)", (q, f) => knnTieChoices(f, q)],
  [
    "knn 60 integer-grid points (many distance ties, real tree), one distinct quality each",
    (q, f) => knnTieChoices(f, q),
  ],
  ["knn 40 identical points", (q, f) => knnTieChoices(f, q)],
  ["kmeans 20 centroids (two leaves)", (q, f) => kmeansTieChoices(f, q)],
]);

function outcomes({ algorithm, queries }: EdgeCase, text: string): readonly string[] {
  const selector = openSelector(parseArtifact(algorithm, text));
  return queries.map((query) => {
    try {
      return selector.select(toNumbers(query)).model;
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(RouterError);
      return `!${(thrown as RouterError).code}`;
    }
  });
}

/** Upstream's svm picks its first model for NaN, and spreads a vector of one number over all dimensions. */
function isBadInput({ algorithm, model }: EdgeCase, query: readonly unknown[]): boolean {
  const holdsOthers = query.some((value) => typeof value !== "number");
  return holdsOthers || (algorithm === "svm" && query.length === 1 && model !== undefined);
}

test.each(edgeCases())("$name", (edge) => {
  const text = edge.model_text ?? JSON.stringify(edge.model);
  const refusal = refusedHere.get(edge.name);
  if (refusal || (edge.expected.load !== "ok" && !readHere.has(edge.name))) {
    expect(() => parseArtifact(edge.algorithm, text)).toThrow(
      expect.objectContaining({
        code: "artifact_invalid",
        detail: expect.stringContaining(refusal ?? ""),
      }),
    );
    return;
  }
  const artifact = parseArtifact(edge.algorithm, text);
  expect(artifact.trained).toBe(edge.expected.is_trained ?? true);
  const expected = readHere.get(edge.name) ?? edge.expected.selected ?? [];
  const own = outcomes(edge, text);
  expect(own).toHaveLength(expected.length);
  own.forEach((selected, at) => {
    const query = edge.queries[at] ?? [];
    const upstream = expected[at] ?? "";
    const choices = tieChoices.get(edge.name)?.(toNumbers(query), edge.model as never);
    const context = `query ${at}`;
    if (typeof upstream !== "string") expect(upstream, context).toContain(selected);
    else if (upstream.startsWith("!") || isBadInput(edge, query)) {
      expect(selected, context).toMatch(/^!selector_/);
    } else if (choices) {
      expect(choices, context).toContain(selected);
      expect(choices, context).toContain(upstream);
    } else expect(selected, context).toBe(upstream);
  });
});

test("all of upstream's edge cases are here", () => {
  const names = edgeCases().map(({ name }) => name);
  expect(names).toHaveLength(81);
  expect(names).toEqual(
    expect.arrayContaining([...refusedHere.keys(), ...readHere.keys(), ...tieChoices.keys()]),
  );
});

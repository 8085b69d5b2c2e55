import { expect, test } from "vitest";
import { parseArtifact } from "../artifact/json-artifact.ts";
import { RouterError } from "../errors.ts";
import { openReadable, openSelector } from "./open-selector.ts";
import type { Selector } from "./selector.ts";
import {
  type Expected,
  goldenAnswers,
  goldenFolder,
  goldenModel,
  goldenQueries,
} from "./testing/goldens.ts";

/** One way of writing what was selected, whoever was asked. */
function answer(selector: Selector, x: Float64Array): string {
  try {
    return selector.select(x).model;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RouterError);
    return `!${(thrown as RouterError).code}`;
  }
}

/** Upstream's svm answers these with its first model, or by broadcasting one number; ours refuses them. */
const badInputs = new Set(["nan", "nan_all", "inf", "len1"]);

/** Components of 1e150: every row is equally far in double precision. */
const isAccident = (algorithm: string, { kind, allowed }: Expected): boolean =>
  algorithm === "knn" && kind === "huge" && allowed === null;

const sets = [
  { set: "tiny", names: ["knn", "kmeans", "svm_rbf", "svm_linear", "svm_truelinear"] },
  { set: "tiny-dup", names: ["knn", "kmeans", "svm_rbf", "svm_linear", "svm_truelinear"] },
  { set: "upstream-kmeans", names: ["kmeans"] },
].flatMap(({ set, names }) => names.map((name) => ({ set, name, folder: goldenFolder(set) })));

test.for(sets)("$set/$name selects as upstream", ({ set, name, folder }, { skip }) => {
  if (!folder) {
    const reason = `${set} is not checked: ../shared/goldens is not on this machine`;
    console.warn(reason);
    skip(reason);
    return;
  }
  const [algorithm] = name.split("_") as [Selector["algorithm"]];
  const selector = openSelector(parseArtifact(algorithm, goldenModel(folder, name)));
  const again = openSelector(parseArtifact(algorithm, goldenModel(folder, name)));
  const expected = goldenAnswers(folder)[name] ?? [];
  const queries = new Map(goldenQueries(folder).map(({ id, x }) => [id, x]));
  expect(expected).toHaveLength(200);
  for (const golden of expected) {
    const x = queries.get(golden.id) as Float64Array;
    const own = answer(selector, x);
    const context = `query ${golden.id} (${golden.kind})`;
    expect(answer(again, x), context).toBe(own);
    if (golden.selected.startsWith("!") || badInputs.has(golden.kind)) {
      expect(own, context).toBe("!selector_invalid_input");
    } else if (!isAccident(algorithm, golden)) {
      expect(golden.allowed ?? [golden.selected], context).toContain(own);
    }
  }
});

test.each(["svm_rbf", "svm_linear", "svm_truelinear"])("%s scores as upstream", (name) => {
  const folder = goldenFolder("tiny") as string;
  const artifact = parseArtifact("svm", goldenModel(folder, name));
  const queries = new Map(goldenQueries(folder).map(({ id, x }) => [id, x]));
  const exact = [openReadable(artifact), 1e-12] as const;
  const single = [openSelector(artifact), 1e-6] as const;
  for (const { id, kind, detail } of goldenAnswers(folder)[name] ?? []) {
    if (!detail || badInputs.has(kind)) continue;
    for (const [selector, tolerance] of [exact, single]) {
      const { scores } = selector.select(queries.get(id) as Float64Array);
      const own = new Map(scores.map(({ model, score }) => [model, score]));
      for (const [model, score] of detail.scores as [string, number][]) {
        const error = Math.abs((own.get(model) ?? Number.NaN) - score);
        // The smallest margin of upstream's larger sets is about 1e-8.
        expect(error).toBeLessThan(tolerance);
      }
    }
  }
});

import { RouterError } from "../errors.ts";
import { features } from "../select/features.ts";
import type { Selection, Selector } from "../select/selector.ts";
import { answered, type HeldOut } from "./held-out.ts";

export interface Choices {
  /** By query: index of the chosen model; -1 where the selector knows none of those that answered. */
  readonly chosen: Int32Array;
  readonly refused: number;
}

/**
 * Lets a selector choose for every query among the models that answered it, as only those can be judged. `categories`
 * go into the feature vectors, by query.
 */
export function chooseEach(
  held: HeldOut,
  categories: readonly string[],
  selector: Selector,
): Choices {
  const chosen = new Int32Array(held.queries.length).fill(-1);
  let refused = 0;
  for (const { models, queries } of byAnswered(held)) {
    const names = models.map((model) => held.models[model] as string);
    const selections = selectOrNone(held, categories, selector, queries, names);
    if (!selections) refused += queries.length;
    selections?.forEach(({ model }, at) => {
      chosen[queries[at] as number] = held.models.indexOf(model);
    });
  }
  return { chosen, refused };
}

/** Feature vectors are made for so many queries at a time: 4 MB. */
const chunkQueries = 1024;

/** Selections among `names` for some queries, or undefined when the selector knows none of them. */
export function selectOrNone(
  { vectors, queries }: Pick<HeldOut, "vectors" | "queries">,
  categories: readonly string[],
  selector: Selector,
  wanted: readonly number[],
  names: readonly string[],
): readonly Selection[] | undefined {
  const width = vectors.length / queries.length;
  const found: Selection[] = [];
  try {
    for (let from = 0; from < wanted.length; from += chunkQueries) {
      const chunk = wanted.slice(from, from + chunkQueries);
      const rows = new Float32Array(chunk.length * (width + selector.categories.length));
      chunk.forEach((query, at) => {
        const vector = vectors.subarray(query * width, (query + 1) * width);
        const x = features(vector, categories[query] as string, selector.categories);
        rows.set(x, at * x.length);
      });
      found.push(...selector.selectMany(rows, names));
    }
    return found;
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.code === "selector_no_candidate") return undefined;
    throw thrown;
  }
}

/** Queries that the same models answered. */
function byAnswered(
  held: HeldOut,
): readonly { readonly models: readonly number[]; readonly queries: readonly number[] }[] {
  const groups = new Map<string, { models: readonly number[]; queries: number[] }>();
  held.queries.forEach((_, row) => {
    const models = answered(held, row);
    const key = models.join(",");
    const group = groups.get(key) ?? { models, queries: [] };
    group.queries.push(row);
    groups.set(key, group);
  });
  return [...groups.values()];
}

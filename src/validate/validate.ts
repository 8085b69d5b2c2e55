import { domainNames } from "../domains.ts";
import { openSelector } from "../select/open-selector.ts";
import type { Selector } from "../select/selector.ts";
import { type CategoryTable, fitCategoryTable } from "../train/category-table.ts";
import type { Examples } from "../train/examples.ts";
import { bestModel } from "../train/training-set.ts";
import { chooseEach } from "./choose-each.ts";
import { figuresOfStrategy, type Marks, type StrategyFigures } from "./figures.ts";
import type { HeldOut } from "./held-out.ts";
import { judgePair, type PairFigures } from "./pair.ts";
import { categorySet, meansFor, type Past, valuesOf } from "./past.ts";
import {
  always,
  byMerit,
  type CategoryOf,
  certain,
  oracle,
  randomChoice,
  type Strategy,
} from "./strategy.ts";

export interface ValidateOptions {
  readonly seed: number;
  /** Share of quality in what the category table is fitted to, as in training. */
  readonly qualityWeight: number;
  /** Mean quality of each model on the training data, where nothing else is known of it. */
  readonly recorded?: readonly { readonly name: string; readonly quality: number }[] | undefined;
  /** Weak and strong model; derived from the past without it. */
  readonly pair?: readonly [string, string] | undefined;
}

export interface RoutedPair extends PairFigures {
  readonly name: string;
  readonly algorithm: Selector["algorithm"];
  readonly category: CategoryOf;
}

/** The category table: what it chooses for each category. */
export interface TableFacts {
  readonly shrinkage: number;
  readonly models: Readonly<Record<string, string>>;
}

export interface Validation {
  /** Best quality first. */
  readonly strategies: readonly StrategyFigures[];
  /** Of each selector and category; empty without two models that can be told apart. */
  readonly pairs: readonly RoutedPair[];
  readonly pairChosen?: "given" | "best and cheapest" | "best and weakest";
  readonly bestSingle: string;
  /** Without a past it is chosen on the test queries themselves, which makes it too good. */
  readonly bestSingleBy: Past["source"] | "training record" | "test queries";
  readonly cheapestBy?: "cost" | "latency";
  readonly table?: {
    readonly shrinkage: number;
    readonly models: Readonly<Record<string, string>>;
  };
}

const categoriesOf = (held: HeldOut): Readonly<Record<CategoryOf, readonly string[]>> => ({
  record: held.categories,
  predicted: held.predicted,
});

const sides: readonly CategoryOf[] = ["record", "predicted"];
const suffix = { record: "", predicted: " (predicted)" } as const;

/** Judges selectors on queries that they were not trained on, beside what is had without them. */
export function validate(
  held: HeldOut,
  past: Past | undefined,
  selectors: readonly Selector[],
  options: ValidateOptions,
): Validation {
  const known = past?.examples ?? held;
  const { recorded } = past ? {} : options;
  const means = recorded
    ? Float64Array.from(held.models, (model) => qualityOf(recorded, model))
    : meansFor(held.models, known, known.qualities);
  const single = byMerit(held, means, { name: "Best Single", kind: "best single" });
  const best = oracle(held);
  const cheap = cheapest(held, known);
  const table =
    past && fitCategoryTable(categorySet(past.examples, options.qualityWeight), options.seed);
  const tables = new Map(sides.map((side) => [side, table && tableStrategy(held, table, side)]));
  const value = valueMarks(held, known, options.qualityWeight);
  const plain: Marks = { single, oracle: best, seed: options.seed, value };
  const mark = (side: CategoryOf): Marks => ({ ...plain, table: tables.get(side) });
  const choosers = selectors.flatMap((selector) => sides.map((side) => ({ side, selector })));
  const strategies = [
    ...[
      best,
      single,
      ...(cheap ? [cheap.strategy] : []),
      ...sides.flatMap((side) => tables.get(side) ?? []),
      ...held.models.map((_, model) => always(held, model)),
      randomChoice(held),
    ].map((strategy) => figuresOfStrategy(held, strategy, plain)),
    ...choosers.map(({ side, selector }) =>
      figuresOfStrategy(held, selectorStrategy(held, selector, side, single), mark(side)),
    ),
  ].sort(bestFirst);
  const pair = pairOf(held, known, options.pair);
  return {
    strategies,
    pairs: pair ? routedPairs(held, choosers, pair.models) : [],
    ...(pair && { pairChosen: pair.chosen }),
    bestSingle: single.model as string,
    bestSingleBy: past?.source ?? (recorded ? "training record" : "test queries"),
    ...(cheap && { cheapestBy: cheap.by }),
    ...(table && { table: described(table) }),
  };
}

const qualityOf = (recorded: NonNullable<ValidateOptions["recorded"]>, model: string): number =>
  recorded.find(({ name }) => name === model)?.quality ?? Number.NaN;

/** Of equals the oracle comes first, whatever the alphabet says. */
const bestFirst = (a: StrategyFigures, b: StrategyFigures): number =>
  b.quality - a.quality ||
  Number(b.kind === "oracle") - Number(a.kind === "oracle") ||
  (a.name < b.name ? -1 : 1);

interface Chooser {
  readonly side: CategoryOf;
  readonly selector: Selector;
}

function selectorStrategy(
  held: HeldOut,
  selector: Selector,
  side: CategoryOf,
  single: Strategy,
): Strategy {
  const { chosen, refused } = chooseEach(held, categoriesOf(held)[side], selector);
  const width = held.models.length;
  const weights = certain(chosen, width);
  // Where it refuses, serving takes the default model: the best single one, in a sensible configuration.
  chosen.forEach((model, row) => {
    if (model >= 0) return;
    weights.set(single.weights.subarray(row * width, (row + 1) * width), row * width);
  });
  const { algorithm } = selector;
  const name = `${algorithm.toUpperCase()} Selection${suffix[side]}`;
  return { name, kind: "selector", algorithm, category: side, weights, refused };
}

function tableStrategy(held: HeldOut, { artifact }: CategoryTable, side: CategoryOf): Strategy {
  // Its feature vectors are the one-hot alone.
  const blind = { ...held, vectors: new Float32Array(0) };
  const { chosen } = chooseEach(blind, categoriesOf(held)[side], openSelector(artifact));
  const name = `Category Table${suffix[side]}`;
  const weights = certain(chosen, held.models.length);
  return { name, kind: "category table", category: side, weights };
}

function described({ artifact, shrinkage }: CategoryTable): TableFacts {
  const categories = artifact.clusterModels.map(
    (model, at) => [domainNames[at] as string, model] as const,
  );
  return { shrinkage, models: Object.fromEntries(categories) };
}

/** Where both sides are timed: what answers are worth, and the model that was worth most before. */
function valueMarks(
  held: HeldOut,
  past: Omit<Examples, "queries">,
  qualityWeight: number,
): Marks["value"] {
  if (!held.latencies || !past.latencies) return undefined;
  const means = meansFor(held.models, past, valuesOf(past, qualityWeight));
  const single = byMerit(held, means, { name: "Best Single by value", kind: "best single" });
  return { cells: valuesOf(held, qualityWeight), single };
}

/** By cost where it is known, else by latency; known before where the past knows it. */
function cheapest(
  held: HeldOut,
  past: Omit<Examples, "queries">,
): { readonly strategy: Strategy; readonly by: "cost" | "latency" } | undefined {
  const tries = [
    { by: "cost", from: past, cells: past.costs },
    { by: "latency", from: past, cells: past.latencies },
    { by: "cost", from: held, cells: held.costs },
    { by: "latency", from: held, cells: held.latencies },
  ] as const;
  const found = ["cost", "latency"]
    .map((by) => tries.find((one) => one.by === by && one.cells))
    .find((one) => one !== undefined);
  if (!found?.cells) return undefined;
  const merit = meansFor(held.models, found.from, found.cells).map((mean) => -mean);
  const name = found.by === "cost" ? "Cheapest" : "Fastest";
  return { strategy: byMerit(held, merit, { name, kind: "cheapest" }), by: found.by };
}

function pairOf(
  held: HeldOut,
  past: Omit<Examples, "queries">,
  given: readonly [string, string] | undefined,
):
  | {
      readonly models: readonly [string, string];
      readonly chosen: NonNullable<Validation["pairChosen"]>;
    }
  | undefined {
  if (given) return { models: given, chosen: "given" };
  const means = meansFor(held.models, past, past.qualities).map((mean) =>
    Number.isNaN(mean) ? Number.NEGATIVE_INFINITY : mean,
  );
  const strong = bestModel(means);
  const price = past.costs && meansFor(held.models, past, past.costs).map((mean) => -mean);
  const weak = price ? bestModel(price) : means.indexOf(Math.min(...means));
  if (weak === strong || weak < 0) return undefined;
  return {
    models: [held.models[weak] as string, held.models[strong] as string],
    chosen: price ? "best and cheapest" : "best and weakest",
  };
}

function routedPairs(
  held: HeldOut,
  choosers: readonly Chooser[],
  models: readonly [string, string],
): readonly RoutedPair[] {
  return choosers.flatMap(({ side, selector }) => {
    const figures = judgePair(held, categoriesOf(held)[side], selector, models);
    if (!figures) return [];
    const { algorithm } = selector;
    const name = `${algorithm.toUpperCase()} Selection${suffix[side]}`;
    return [{ name, algorithm, category: side, ...figures }];
  });
}

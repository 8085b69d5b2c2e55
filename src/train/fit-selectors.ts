import type { Artifact } from "../artifact/artifact.ts";
import { kernelRows } from "../math/kernel-rows.ts";
import { once } from "../math/once.ts";
import { random, shuffled } from "../math/random.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { crossValidate, type Figures, tableOutcome } from "./cross-validate.ts";
import { fitKmeans } from "./fit-kmeans.ts";
import { fitKnn } from "./fit-knn.ts";
import { fitSvm, normalised } from "./fit-svm.ts";
import { foldsOf } from "./folds.ts";
import type { Outcome } from "./outcome.ts";
import { type Search, simplestOf, type Tried } from "./search.ts";
import { comparingStarts, searchKmeans } from "./search-kmeans.ts";
import { searchKnn } from "./search-knn.ts";
import { bestSvm, type SvmChoice, searchSvm } from "./search-svm.ts";
import { subset, type TrainingSet } from "./training-set.ts";

export interface FitOptions {
  readonly algorithms: readonly SelectorAlgorithm[];
  readonly seed: number;
  /** Parts of the cross-validation that chooses what the options below leave open. */
  readonly folds: number;
  readonly qualityWeight: number;
  readonly knnK?: number | undefined;
  readonly kmeansClusters?: number | undefined;
  readonly svmKernel?: "linear" | "rbf" | undefined;
  readonly svmGamma?: number | undefined;
  /** Called before each step, which may take a minute. */
  readonly onStep?: ((step: string) => void) | undefined;
}

export interface Fitted {
  readonly artifact: Artifact;
  readonly settings: unknown;
  /** What the search compared; empty where there were too few queries to split. */
  readonly tried: readonly Pick<Tried<unknown>, "settings" | "value">[];
  readonly figures?: Figures;
}

/**
 * The search holds a product of every pair of queries: 256 MB of these. Of more queries a sample is searched, and the
 * hinge machines learn from it; everything else is fitted on all.
 */
export const maxSearchedQueries = 8192;

/** As many starts as scikit-learn makes. */
const kmeansStarts = 10;

export function fitSelectors(set: TrainingSet, options: FitOptions): readonly Fitted[] {
  const { algorithms, seed, folds, onStep } = options;
  const sample =
    set.count <= maxSearchedQueries
      ? set
      : subset(set, shuffled(set.count, random(seed)).slice(0, maxSearchedQueries).sort());
  const search: Search = {
    set: sample,
    folds: foldsOf(sample.count, folds, seed),
    products: once(() => {
      onStep?.(`products of ${sample.count} queries`);
      return kernelRows(normalised(sample), sample.dimension);
    }),
    seed,
  };
  const table = tableOutcome(sample, search.folds, seed);
  return algorithms.map((algorithm) => {
    onStep?.(algorithm);
    return fitters[algorithm](set, search, options, table);
  });
}

type Fitter = (set: TrainingSet, search: Search, options: FitOptions, table: Outcome) => Fitted;

const fitters: Readonly<Record<SelectorAlgorithm, Fitter>> = {
  knn: fittedKnn,
  kmeans: fittedKmeans,
  svm: fittedSvm,
};

function fittedKnn(
  set: TrainingSet,
  search: Search,
  { knnK, qualityWeight }: FitOptions,
  table: Outcome,
): Fitted {
  const tried = search.folds.length > 0 ? searchKnn(search, knnK) : [];
  const choice =
    tried.length > 0 ? simplestOf(tried, ({ k }) => k).settings : { k: knnK ?? 1, shrinkage: 10 };
  const learn = (part: TrainingSet) => fitKnn(part, { ...choice, qualityWeight });
  return fittedWith({ set, search, table, settings: choice, tried, learn });
}

function fittedKmeans(
  set: TrainingSet,
  search: Search,
  { kmeansClusters }: FitOptions,
  table: Outcome,
): Fitted {
  const tried = search.folds.length > 0 ? searchKmeans(search, kmeansClusters) : [];
  const choice =
    tried.length > 0
      ? simplestOf(tried, ({ clusters }) => clusters).settings
      : { clusters: kmeansClusters ?? 1, shrinkage: 10 };
  const learn = (part: TrainingSet) =>
    fitKmeans(part, {
      ...choice,
      seed: search.seed,
      starts: part === set ? kmeansStarts : comparingStarts,
    });
  return fittedWith({ set, search, table, settings: choice, tried, learn });
}

function fittedSvm(
  set: TrainingSet,
  search: Search,
  { svmKernel, svmGamma }: FitOptions,
  table: Outcome,
): Fitted {
  const tried = search.folds.length > 0 ? searchSvm(search, svmKernel, svmGamma) : [];
  const untried: SvmChoice =
    svmKernel === "rbf"
      ? { settings: { loss: "hinge", kernel: "rbf", c: 1, gamma: svmGamma ?? 1 } }
      : { settings: { loss: "squared", kernel: "linear", penalty: 30 } };
  const { settings, calibration } = tried.length > 0 ? bestSvm(tried).settings : untried;
  const whole = settings.loss === "hinge" ? search.set : set;
  return fittedWith({
    ...{ set: whole, search, table, settings },
    tried: tried.map((one) => ({ ...one, settings: one.settings.settings })),
    learn: (part) => fitSvm(part, settings, calibration),
  });
}

function fittedWith({
  set,
  search: { set: sample, folds, seed },
  table,
  settings,
  tried,
  learn,
}: {
  readonly set: TrainingSet;
  readonly search: Search;
  readonly table: Outcome;
  readonly settings: unknown;
  readonly tried: readonly Tried<unknown>[];
  readonly learn: (part: TrainingSet) => Artifact;
}): Fitted {
  return {
    artifact: learn(set),
    settings,
    tried: tried.map(({ settings: one, value }) => ({ settings: one, value })),
    ...(folds.length > 0 && { figures: crossValidate(sample, folds, seed, learn, table) }),
  };
}

import type { Artifact } from "../artifact/artifact.ts";
import { kernelRows } from "../math/kernel-rows.ts";
import { random, shuffled } from "../math/random.ts";
import type { SelectorAlgorithm } from "../select/selector.ts";
import { crossValidate, type Figures } from "./cross-validate.ts";
import { fitKmeans } from "./fit-kmeans.ts";
import { fitKnn } from "./fit-knn.ts";
import { fitSvm, normalised } from "./fit-svm.ts";
import { foldsOf } from "./folds.ts";
import { bestOf, type Search, type Tried } from "./search.ts";
import { comparingStarts, searchKmeans } from "./search-kmeans.ts";
import { searchKnn } from "./search-knn.ts";
import { type SvmChoice, searchSvm } from "./search-svm.ts";
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
  readonly tried: readonly Tried<unknown>[];
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
  onStep?.(`products of ${sample.count} queries`);
  const search: Search = {
    set: sample,
    folds: foldsOf(sample.count, folds, seed),
    products: kernelRows(normalised(sample), sample.dimension),
    seed,
  };
  return algorithms.map((algorithm) => {
    onStep?.(algorithm);
    return fitters[algorithm](set, search, options);
  });
}

type Fitter = (set: TrainingSet, search: Search, options: FitOptions) => Fitted;

const fitters: Readonly<Record<SelectorAlgorithm, Fitter>> = {
  knn: fittedKnn,
  kmeans: fittedKmeans,
  svm: fittedSvm,
};

function fittedKnn(set: TrainingSet, search: Search, { knnK, qualityWeight }: FitOptions): Fitted {
  const tried = search.folds.length > 0 ? searchKnn(search, knnK) : [];
  const choice = tried.length > 0 ? bestOf(tried).settings : { k: knnK ?? 1, shrinkage: 10 };
  const learn = (part: TrainingSet) => fitKnn(part, { ...choice, qualityWeight });
  return fittedWith(set, search, choice, tried, learn);
}

function fittedKmeans(set: TrainingSet, search: Search, { kmeansClusters }: FitOptions): Fitted {
  const tried = search.folds.length > 0 ? searchKmeans(search, kmeansClusters) : [];
  const choice =
    tried.length > 0 ? bestOf(tried).settings : { clusters: kmeansClusters ?? 1, shrinkage: 10 };
  const learn = (part: TrainingSet) =>
    fitKmeans(part, {
      ...choice,
      seed: search.seed,
      starts: part === set ? kmeansStarts : comparingStarts,
    });
  return fittedWith(set, search, choice, tried, learn);
}

function fittedSvm(set: TrainingSet, search: Search, { svmKernel, svmGamma }: FitOptions): Fitted {
  const tried = search.folds.length > 0 ? searchSvm(search, svmKernel, svmGamma) : [];
  const untried: SvmChoice =
    svmKernel === "rbf"
      ? { settings: { loss: "hinge", kernel: "rbf", c: 1, gamma: svmGamma ?? 1 } }
      : { settings: { loss: "squared", kernel: "linear", penalty: 30 } };
  const { settings, calibration } = tried.length > 0 ? bestOf(tried).settings : untried;
  const whole = settings.loss === "squared" ? set : search.set;
  return fittedWith(
    whole,
    search,
    settings,
    tried.map(({ settings: one, value }) => ({ settings: one.settings, value })),
    (part) => fitSvm(part, settings, calibration),
  );
}

function fittedWith(
  set: TrainingSet,
  { set: sample, folds, seed }: Search,
  settings: unknown,
  tried: readonly Tried<unknown>[],
  learn: (part: TrainingSet) => Artifact,
): Fitted {
  return {
    artifact: learn(set),
    settings,
    tried,
    ...(folds.length > 0 && { figures: crossValidate(sample, folds, seed, learn) }),
  };
}

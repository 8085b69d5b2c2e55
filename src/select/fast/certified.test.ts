import { expect, test } from "vitest";
import type {
  Artifact,
  KmeansArtifact,
  KnnArtifact,
  SvmArtifact,
} from "../../artifact/artifact.ts";
import { distinctVectors } from "../../artifact/distinct-vectors.ts";
import { RouterError } from "../../errors.ts";
import { type Random, random } from "../../math/random.ts";
import { openReadable, openSelector } from "../open-selector.ts";
import type { Selection, Selector } from "../selector.ts";

const categories = 14;
const perArtifact = 100;

const pick = <T>(next: Random, items: readonly T[]): T =>
  items[Math.floor(next() * items.length)] as T;

/** Near enough to a normal distribution. */
const gauss = (next: Random): number => next() + next() + next() + next() - 2;

/** Feature vectors as training sees them, and as it should not. */
function makeRows(next: Random, count: number, width: number): Float32Array {
  const dimension = width + categories;
  const rows = new Float32Array(count * dimension);
  const centres = Array.from({ length: categories }, () =>
    Array.from({ length: width }, () => gauss(next)),
  );
  const spread = pick(next, [0.01, 0.5, 2]);
  const unit = next() < 0.7;
  // Some files have one category, some a few rows of many.
  const used = pick(next, [1, 3, categories]);
  for (let row = 0; row < count; row++) {
    const x = rows.subarray(row * dimension, (row + 1) * dimension);
    if (row > 0 && next() < 0.1) {
      const copied = Math.floor(next() * row) * dimension;
      x.set(rows.subarray(copied, copied + dimension));
      continue;
    }
    const category = Math.floor(next() ** 3 * used);
    for (let i = 0; i < width; i++) {
      x[i] = (centres[category]?.[i] as number) + spread * gauss(next);
    }
    if (unit) scale(x.subarray(0, width), 1 / Math.hypot(...x.subarray(0, width)));
    const kind = next();
    if (kind < 0.9) x[width + category] = 1;
    else if (kind < 0.95) for (let i = width; i < dimension; i++) x[i] = next();
  }
  return rows;
}

function scale(x: Float32Array | Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) * factor;
}

/** A query between two that get different models, as near to where the choice changes as `steps` halvings come. */
function onTheEdge(
  next: Random,
  select: Selector["select"],
  ends: readonly [Float64Array, Float64Array],
): Float64Array {
  let [low, high] = ends;
  const modelOf = (x: Float64Array) => {
    const answer = answerOf(select, x);
    return typeof answer === "string" ? answer : answer.model;
  };
  const first = modelOf(low);
  for (let step = 5 + Math.floor(50 * next()); step > 0; step--) {
    const middle = low.map((value, i) => (value + (high[i] as number)) / 2);
    if (modelOf(middle) === first) low = middle;
    else high = middle;
  }
  return next() < 0.5 ? low : high;
}

/** A query that is easy, or that is chosen to be hard: near a tie, long, short, of no category or of several. */
function makeQuery(
  next: Random,
  select: Selector["select"],
  rows: Float32Array,
  dimension: number,
): Float64Array | Float32Array {
  const count = rows.length / dimension;
  const rowAt = () => {
    const row = Math.floor(next() * count) * dimension;
    return Float64Array.from(rows.subarray(row, row + dimension));
  };
  const x = rowAt();
  const other = rowAt();
  const width = dimension - categories;
  const kind = Math.floor(next() * 15);
  if (kind === 14) return onTheEdge(next, select, [x, other]);
  const change = (by: (value: number, i: number) => number) => x.set(x.map(by));
  const between = (value: number, i: number) => (value + (other[i] as number)) / 2;
  if (kind === 1) change(between);
  if (kind === 2) change((value, i) => between(value, i) + 1e-9 * gauss(next));
  if (kind === 3) change((value) => value + 1e-7 * gauss(next));
  if (kind === 4) change((value, i) => (i < width ? value : next()));
  if (kind === 5) x.fill(0, width);
  if (kind === 6) scale(x, pick(next, [1e-3, 1e3, 1e9]));
  if (kind === 7) scale(x, pick(next, [1e-30, 1e-160, 1e100, 1e160]));
  if (kind === 8) x.fill(next());
  if (kind === 9) x.fill(0);
  if (kind === 10) x.set(other.subarray(width), width);
  if (kind >= 11) change((value, i) => (i < width ? value + 0.2 * gauss(next) : value));
  return next() < 0.5 ? Float32Array.from(x) : x;
}

const modelNames = ["a", "b", "c", "d", "e"] as const;

function makeKnn(next: Random, rows: Float32Array, dimension: number): KnnArtifact {
  const count = rows.length / dimension;
  const models = modelNames.slice(0, 1 + Math.floor(next() * modelNames.length));
  const timed = next() < 0.3;
  return {
    algorithm: "knn",
    trained: true,
    dimension,
    k: pick(next, [1, 3, 5, 20, 50]),
    mode: pick(next, ["votes", "outcomes"]),
    shrinkage: pick(next, [0, 5]),
    ...distinctVectors(rows, dimension),
    models,
    // Every model has a row.
    modelOf: Uint32Array.from({ length: count }, (_, row) =>
      row < models.length ? row : Math.floor(next() * models.length),
    ),
    qualities: Float64Array.from({ length: count }, () => pick(next, [0, 1, next()])),
    ...(timed && { latenciesNs: Float64Array.from({ length: count }, () => 1e9 * next()) }),
  };
}

function makeKmeans(next: Random, rows: Float32Array, dimension: number): KmeansArtifact {
  const count = Math.min(8, rows.length / dimension);
  const scores = Float64Array.from({ length: count * modelNames.length }, () =>
    next() < 0.2 ? Number.NaN : next(),
  );
  const scored = next() < 0.5;
  return {
    algorithm: "kmeans",
    trained: true,
    dimension,
    numClusters: count,
    centroids: rows.slice(0, count * dimension),
    clusterModels: Array.from({ length: count }, () => pick(next, modelNames)),
    modelNames,
    ...(scored && { clusterScores: scores }),
  };
}

function makeSvm(next: Random, rows: Float32Array, dimension: number): SvmArtifact {
  const { vectors } = distinctVectors(rows, dimension);
  const count = vectors.length / dimension;
  const kinds = pick(next, ["linear", "rbf", "both"] as const);
  const gammas = pick(next, [[1], [0.1, 1], [30]]);
  return {
    algorithm: "svm",
    trained: true,
    dimension,
    modelNames,
    kernelType: "rbf",
    gamma: 1,
    linear:
      kinds === "rbf"
        ? []
        : modelNames.map((model) => ({
            model,
            weights: Float64Array.from({ length: dimension }, () => gauss(next)),
            rho: gauss(next),
          })),
    rbf:
      kinds === "linear"
        ? []
        : modelNames.map((model) => {
            const own = Uint32Array.from({ length: count }, (_, i) => i).filter(() => next() < 0.7);
            return {
              model,
              vectorOf: own,
              alpha: Float64Array.from(own, () => (next() < 0.3 ? 1 : gauss(next))),
              rho: gauss(next) / 10,
              gamma: pick(next, gammas),
            };
          }),
    vectors,
  };
}

type Answer = Selection | string;

function answerOf(select: Selector["select"], ...args: Parameters<Selector["select"]>): Answer {
  try {
    return select(...args);
  } catch (thrown) {
    return RouterError.from(thrown).code;
  }
}

/** knn answers to the last bit; scores of the others may differ in what single precision cannot hold. */
function same(algorithm: Artifact["algorithm"], a: Answer, b: Answer): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  if (a.model !== b.model || a.scores.length !== b.scores.length) return false;
  const scoresOf = ({ scores }: Selection) =>
    new Map(scores.map(({ model, score }) => [model, score]));
  if (algorithm === "knn") {
    return a.scores.every(
      ({ model, score }, i) => model === b.scores[i]?.model && score === b.scores[i]?.score,
    );
  }
  const others = scoresOf(b);
  return a.scores.every(({ model, score }) => {
    const other = others.get(model) ?? Number.NaN;
    return Math.abs(score - other) <= 2e-3 * (1 + Math.abs(other));
  });
}

test.each([
  ["knn", 500, makeKnn],
  ["kmeans", 250, makeKmeans],
  ["svm", 250, makeSvm],
] as const)(
  "%s: fast and readable agree on random and on hard queries",
  (algorithm, artifacts, make) => {
    let [differences, compared] = [0, 0];
    for (let seed = 0; seed < artifacts; seed++) {
      const next = random(1000 + seed);
      const width = pick(next, [3, 16, 37, 64]);
      const rows = makeRows(next, pick(next, [1, 2, 7, 40, 150]), width);
      const dimension = width + categories;
      const artifact = make(next, rows, dimension);
      const fast = openSelector(artifact);
      const readable = openReadable(artifact);
      const lists = [undefined, ["a"], ["b", "e"], ["c", "a", "nobody"]];
      for (let n = 0; n < perArtifact; n++) {
        const x = makeQuery(next, readable.select, rows, dimension);
        const candidates = pick(next, lists);
        const [own, wanted] = [fast, readable].map(({ select }) => answerOf(select, x, candidates));
        compared++;
        if (same(algorithm, own as Answer, wanted as Answer)) continue;
        differences++;
        if (differences < 4) console.log(seed, n, x.slice(0, 4), candidates, own, wanted);
      }
    }
    expect(compared).toBe(artifacts * perArtifact);
    expect(differences).toBe(0);
  },
  60_000,
);

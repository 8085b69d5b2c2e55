import type { Artifact } from "../../src/artifact/artifact.ts";
import type { Peer } from "../measure/peer.ts";
import {
  type Contestant,
  inTurns,
  type Measured,
  ownContestant,
  type Series,
} from "../measure/turns.ts";
import {
  type Agreement,
  type Answer,
  agreement,
  answerFrom,
  outcomesOf,
  votesOf,
} from "./answers.ts";
import { batchSize, ownBatches, ownContestants, rowOf } from "./own.ts";
import { plainScan } from "./plain-scan.ts";
import { type LoadedPeer, loadPeer } from "./rivals.ts";
import {
  clusteredVectors,
  dimension,
  kmeansArtifact,
  linearArtifact,
  modelNames,
  outcomesArtifact,
  rbfArtifact,
  type Vectors,
  votesArtifact,
} from "./synthetic.ts";

/** Of every contestant: its figures, and how its answers compare with the readable selector's. */
export interface Row extends Omit<Measured<unknown>, "answers">, Partial<Agreement> {
  readonly section: string;
  /** Of which `signalbox` is compared with this row: its p50 over that of signalbox. */
  readonly times: number;
}

export interface Setting {
  readonly sizes: readonly number[];
  readonly models: readonly number[];
  readonly series: Series;
  /** Undefined leaves Rust out. */
  readonly peer: Peer | undefined;
  /** For what the peer reads. */
  readonly folder: string;
}

/** linfa's ball tree takes 103 s to build on 4,000 vectors, and upstream builds it for every request. */
const largestBallTree = 400;

/** Votes and outcomes are sums of doubles. Distances and decision values are exact to about six digits. */
const exact = 1e-9;
const sixDigits = 1e-5;
/** Of sums of up to 20,000 terms of either sign, which are larger than what they come to. */
const rbfTolerance = 1e-4;

const seed = 20261121;

export async function compareAll(setting: Setting, show: (rows: readonly Row[]) => void) {
  const { sizes, series, peer, folder } = setting;
  const draw = clusteredVectors(seed);
  const queries = draw(Math.max(series.rounds * series.callsPerTurn, 8 * batchSize));
  const centroids = draw(8);
  const all = draw(Math.max(...sizes));
  const rows: Row[] = [];
  const add = (more: readonly Row[]): void => {
    rows.push(...more);
    show(more);
  };

  for (const count of sizes) {
    const vectors: Vectors = { rows: all.rows.subarray(0, count * dimension), count };
    const alphas = rbfArtifact(vectors, Math.max(...setting.models), seed).rbf.map(
      ({ alpha }) => alpha,
    );
    const loaded = peer && (await loadPeer(peer, { vectors, queries, alphas }, folder));
    const context = { ...setting, vectors, queries, loaded };
    for (const models of setting.models) add(await compareVotes(context, models));
    add(await compareOutcomes(context, Math.max(...setting.models)));
    for (const models of setting.models) add(await compareRbf(context, models));
    add(await compareBatches(context, votesArtifact(vectors, 12, seed), "knn k=5, 12 models"));
    add(await compareBatches(context, rbfArtifact(vectors, 12, seed), "svm rbf, 12 models"));
  }
  const machines = linearArtifact(12, seed);
  const weights = machines.linear.map((machine) => machine.weights);
  const few: Vectors = { rows: all.rows.subarray(0, dimension), count: 1 };
  const tables = { vectors: few, queries, centroids, weights };
  const loaded = peer && (await loadPeer(peer, tables, folder));
  add(await compareKmeans({ ...setting, vectors: few, queries, loaded }, centroids));
  add(await compareLinear({ ...setting, vectors: few, queries, loaded }, machines));
  return rows;
}

interface Context extends Setting {
  readonly vectors: Vectors;
  readonly queries: Vectors;
  readonly loaded: LoadedPeer | undefined;
}

const sized = (count: number): string => `n=${count.toLocaleString("en")}`;

async function compareVotes(context: Context, models: number): Promise<Row[]> {
  const { vectors, queries, loaded } = context;
  const artifact = votesArtifact(vectors, models, seed);
  const read = (rows: readonly number[]) => votesOf(artifact, rows);
  const contestants = [
    ...ownContestants(artifact, queries),
    scanContestant(context, artifact.k, read),
    ...(await knnRivals(loaded, artifact.k, read, [
      ["kdtree-f64", "linfa KdTree kept"],
      ["kdtree-f32", "linfa KdTree kept, f32"],
      ["linear", "linfa LinearSearch"],
      ["naive", "naive Rust scan"],
      ...(vectors.count <= largestBallTree
        ? ([
            ["balltree", "linfa BallTree kept"],
            ["balltree-rebuilt", "linfa BallTree rebuilt, as upstream"],
          ] as const)
        : []),
    ])),
    ...(await floorRival(loaded)),
  ];
  return compare(context, `knn k=5, ${models} models, ${sized(vectors.count)}`, contestants, exact);
}

async function compareOutcomes(context: Context, models: number): Promise<Row[]> {
  const { vectors, queries, loaded } = context;
  const artifact = outcomesArtifact(vectors, models, seed);
  const read = (rows: readonly number[]) => outcomesOf(artifact, rows);
  const contestants = [
    ...ownContestants(artifact, queries),
    scanContestant(context, artifact.k, read),
    ...(await knnRivals(loaded, artifact.k, read, [
      ["kdtree-f64", "linfa KdTree kept"],
      ["naive", "naive Rust scan"],
    ])),
    ...(await floorRival(loaded)),
  ];
  const section = `knn outcomes k=300, ${models} models, ${sized(vectors.count)}`;
  return compare(context, section, contestants, exact);
}

function scanContestant(
  { vectors, queries }: Context,
  k: number,
  read: (rows: readonly number[]) => Answer,
): Contestant<Answer> {
  const scan = plainScan(vectors.rows, dimension);
  return ownContestant(
    "naive JavaScript scan",
    (call) => Float64Array.from(rowOf(queries, call)),
    (query) => scan(query, k),
    read,
  );
}

async function knnRivals(
  loaded: LoadedPeer | undefined,
  k: number,
  read: (rows: readonly number[]) => Answer,
  methods: readonly (readonly [method: string, name: string])[],
): Promise<Contestant<Answer>[]> {
  const rivals: Contestant<Answer>[] = [];
  for (const [method, name] of loaded ? methods : []) {
    if (loaded) rivals.push(await loaded.contestant(`knn-${method}`, name, read, k));
  }
  return rivals;
}

/** It answers nothing: what is compared is how long the vectors take to read. */
const floorName = "floor: reading the vectors once";

async function floorRival(loaded: LoadedPeer | undefined): Promise<Contestant<Answer>[]> {
  if (!loaded) return [];
  const none: Answer = { model: "", scores: new Map() };
  return [await loaded.contestant("floor-vectors", floorName, () => none)];
}

async function compareRbf(context: Context, models: number): Promise<Row[]> {
  const { vectors, queries, loaded } = context;
  const artifact = rbfArtifact(vectors, models, seed);
  const names = modelNames(models);
  const read = (scores: readonly number[]) => answerFrom(names, scores);
  const method = async (name: string, title: string) =>
    loaded ? [await loaded.contestant(name, title, read)] : [];
  const contestants = [
    ...ownContestants(artifact, queries),
    // The peer was given as many machines as the most models.
    ...(models === Math.max(...context.models)
      ? [
          ...(await method("rbf-shared", "Rust, vectors shared")),
          ...(await method("rbf-machines", "Rust, a pass a machine, as upstream")),
        ]
      : []),
    ...(await floorRival(loaded)),
  ];
  const section = `svm rbf, ${models} machines, ${sized(vectors.count)}`;
  return compare(context, section, contestants, rbfTolerance);
}

async function compareKmeans(context: Context, centroids: Vectors): Promise<Row[]> {
  const { queries, loaded } = context;
  const artifact = kmeansArtifact(centroids);
  const read = ([row = -1]: readonly number[]): Answer => ({
    model: artifact.clusterModels[row] ?? "",
    scores: new Map(),
  });
  const contestants = [
    ...ownContestants(artifact, queries),
    ...(loaded
      ? [
          await loaded.contestant("kmeans", "naive Rust scan", read, 1),
          await loaded.contestant(
            "kmeans-balltree",
            "linfa BallTree rebuilt, as upstream",
            read,
            1,
          ),
        ]
      : []),
  ];
  return compare(context, "kmeans, 8 clusters", contestants, sixDigits);
}

async function compareLinear(
  context: Context,
  artifact: ReturnType<typeof linearArtifact>,
): Promise<Row[]> {
  const { queries, loaded } = context;
  const read = (scores: readonly number[]) => answerFrom(artifact.modelNames, scores);
  const contestants = [
    ...ownContestants(artifact, queries),
    ...(loaded ? [await loaded.contestant("linear", "Rust, ndarray", read)] : []),
  ];
  return compare(context, "svm linear, 12 machines", contestants, sixDigits);
}

async function compare(
  { series }: Context,
  section: string,
  contestants: readonly Contestant<Answer>[],
  tolerance: number,
): Promise<Row[]> {
  const measured = await inTurns(contestants, series);
  const [own, readable] = measured as readonly [Measured<Answer>, Measured<Answer>];
  return measured.map(({ answers, ...figures }) => ({
    section,
    ...figures,
    times: figures.p50Micros / own.p50Micros,
    ...(figures.name !== floorName && agreement({ ...figures, answers }, readable, tolerance)),
  }));
}

async function compareBatches(
  { series, queries }: Context,
  artifact: Artifact,
  what: string,
): Promise<Row[]> {
  const batches = Math.floor(queries.count / batchSize);
  const contestants = ownBatches(artifact, queries);
  const measured = await inTurns(contestants, { ...series, rounds: batches, callsPerTurn: 1 });
  const [own, ...others] = measured as readonly [
    Measured<readonly string[]>,
    ...Measured<readonly string[]>[],
  ];
  const count =
    artifact.algorithm === "knn" || artifact.algorithm === "svm"
      ? artifact.vectors.length / dimension
      : 0;
  return [own, ...others].map(({ answers, ...figures }) => {
    const pairs = [...answers].map(([call, models]) => [models, own.answers.get(call)] as const);
    return {
      section: `batches of ${batchSize}: ${what}, ${sized(count)}`,
      ...figures,
      times: figures.p50Micros / own.p50Micros,
      compared: pairs.length,
      different: pairs.filter(([a, b]) => a.join() !== b?.join()).length,
    };
  });
}

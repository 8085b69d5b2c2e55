import { existsSync } from "node:fs";
import { join } from "node:path";
import { readMmluPro } from "../../scripts/default-selectors/mmlu-pro.ts";
import { categoriesOf, type KnnArtifact } from "../../src/artifact/artifact.ts";
import { loadArtifact } from "../../src/artifact/load-artifact.ts";
import { defaultEmbedderFolder } from "../../src/embed/built-in.ts";
import { openEmbedder } from "../../src/embed/worker-embedder.ts";
import { neighbourSearch } from "../../src/select/fast/neighbours.ts";
import { features } from "../../src/select/features.ts";
import { openReadable, openSelector } from "../../src/select/open-selector.ts";
import { embedQueries } from "../../src/train/embed-queries.ts";
import { inTurns, type Measured, ownContestant, type Series } from "../measure/turns.ts";
import { type Answer, agreement, answerOf } from "./answers.ts";

const root = join(import.meta.dirname, "../..");
const records = join(root, "../shared/data/mmlupro_records.jsonl.gz");
const file = join(root, "models/default/selectors/knn_model.safetensors");

/** The one-hot: the question's category, half of it and half of another's, or nothing. */
const oneHots = ["its own", "of two halves", "none"] as const;
type OneHot = (typeof oneHots)[number];

/** How much of the file a search reads. */
interface Pruning {
  readonly k: number;
  readonly category: OneHot;
  /** Share of the queries for which no vector of another category was read. */
  readonly complete: number;
  /** Mean shares of the file's vectors: compared as bytes, and of those as singles and as doubles. */
  readonly bytes: number;
  readonly singles: number;
  readonly doubles: number;
}

export interface Real {
  readonly vectors: number;
  readonly queries: number;
  readonly pruning: readonly Pruning[];
  /** Of k=5 votes; the readable selector is asked with the question's own category. */
  readonly timed: readonly (Omit<Measured<Answer>, "answers"> & { readonly different: number })[];
}

/** The built-in knn file, asked questions that it was not trained on. Undefined where the questions are not. */
export async function compareReal(count: number, series: Series): Promise<Real | undefined> {
  if (!existsSync(records)) return undefined;
  const artifact = (await loadArtifact("knn", file, 1024 ** 3)) as KnnArtifact;
  const queries = await questionRows(artifact, count);
  const pruning = [5, artifact.k].flatMap((k) =>
    oneHots.map((category) => pruningOf(artifact, queries(category), k, category)),
  );
  return {
    vectors: artifact.vectors.length / artifact.dimension,
    queries: count,
    pruning,
    timed: await timed({ ...artifact, mode: "votes", k: 5 }, queries, series),
  };
}

async function timed(
  artifact: KnnArtifact,
  queries: (category: OneHot) => readonly Float32Array[],
  series: Series,
): Promise<Real["timed"]> {
  const [fast, readable] = [openSelector(artifact), openReadable(artifact)];
  const asked = oneHots.flatMap((category) => {
    const rows = queries(category);
    const query = (number: number) => (rows[number] as Float32Array).slice();
    const one = (name: string, selector: typeof fast) =>
      ownContestant(`${name}, category ${category}`, query, (x) => selector.select(x), answerOf);
    return [one("signalbox", fast), one("readable", readable)];
  });
  const measured = await inTurns(asked, series);
  return measured.map(({ answers, ...figures }, at) => {
    const reference = measured[at + ((at + 1) % 2)] as Measured<Answer>;
    const { different } = agreement({ ...figures, answers }, reference, 1e-9);
    return { ...figures, different };
  });
}

function pruningOf(
  { vectors, dimension, ...artifact }: KnnArtifact,
  queries: readonly Float32Array[],
  k: number,
  category: OneHot,
): Pruning {
  const categories = categoriesOf({ vectors, dimension, ...artifact }).length;
  const search = neighbourSearch(vectors as Float32Array, dimension, categories);
  if (!search) throw new Error("unreachable: embeddings have length 1");
  const count = vectors.length / dimension;
  const slotOf = (row: Float32Array) => row.subarray(dimension - categories).indexOf(1);
  const perCategory = new Uint32Array(categories + 1);
  for (let at = 0; at < vectors.length; at += dimension) {
    perCategory[slotOf((vectors as Float32Array).subarray(at, at + dimension)) + 1]!++;
  }
  let [complete, bytes, singles, doubles] = [0, 0, 0, 0];
  for (const query of queries) {
    search.begin(query);
    search.nearest(undefined, k);
    const work = search.work();
    bytes += work.bytes;
    singles += work.singles;
    doubles += work.doubles;
    if (work.bytes <= (perCategory[slotOf(query) + 1] as number)) complete++;
  }
  const all = queries.length * count;
  return {
    k,
    category,
    complete: complete / queries.length,
    bytes: bytes / all,
    singles: singles / all,
    doubles: doubles / all,
  };
}

/** Questions of the test split, evenly from all of it. */
async function questionRows(
  artifact: KnnArtifact,
  count: number,
): Promise<(category: OneHot) => readonly Float32Array[]> {
  const test = (await readMmluPro(records)).filter(({ split }) => split === "test");
  const asked = Array.from(
    { length: count },
    (_, at) => test[Math.floor((at * test.length) / count)] ?? unreachable(),
  );
  const embedder = await openEmbedder({
    folder: defaultEmbedderFolder,
    maxWaiting: 1024,
    cacheEntries: 0,
  });
  const texts = asked.map(({ query }) => query);
  const vectors = await embedQueries(texts, embedder, { batchSize: 256 });
  await embedder.close();
  const categories = categoriesOf(artifact);
  const width = artifact.dimension - categories.length;
  const own = asked.map(({ category }, row) =>
    features(vectors.subarray(row * width, (row + 1) * width), category, categories),
  );
  return (category) => (category === "its own" ? own : own.map((x) => changed(x, width, category)));
}

function changed(x: Float32Array, width: number, category: OneHot): Float32Array {
  const copy = x.slice();
  const slot = x.indexOf(1, width);
  copy[slot] = category === "none" ? 0 : 0.5;
  if (category === "of two halves") copy[slot + 1 < x.length ? slot + 1 : width] = 0.5;
  return copy;
}

const unreachable = (): never => {
  throw new Error("unreachable: there are questions of the test split");
};

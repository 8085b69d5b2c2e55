import { existsSync } from "node:fs";
import { join } from "node:path";
import { readMmluPro } from "../../scripts/default-selectors/mmlu-pro.ts";
import { domainNames } from "../../src/domains.ts";
import { defaultEmbedderFolder } from "../../src/embed/built-in.ts";
import { openEmbedder } from "../../src/embed/worker-embedder.ts";
import { random } from "../../src/math/random.ts";
import { telling, valueMeans } from "../../src/train/advantage.ts";
import { embedQueries } from "../../src/train/embed-queries.ts";
import { groupByQuery } from "../../src/train/examples.ts";
import { normalised } from "../../src/train/fit-svm.ts";
import { type TrainingSet, trainingSet } from "../../src/train/training-set.ts";
import { openVectorStore } from "../../src/train/vector-store.ts";
import { clusteredVectors, dimension } from "../selectors/synthetic.ts";

/** What both sides learn from. */
export interface Problem {
  readonly name: string;
  readonly dimension: number;
  readonly count: number;
  /** Row-major: what k-means clusters. */
  readonly rows: Float32Array;
  /** Scaled to length 1: what machines learn from. */
  readonly unit: Float32Array;
  /** By machine a label of every row, 1 or -1; 0 where the machine does not learn from it. */
  readonly labels: readonly Int8Array[];
}

/** As an embedder's vectors of questions in 14 categories; a model is good in some directions, and by chance. */
export function syntheticProblem(count: number, models: number): Problem {
  const { rows } = clusteredVectors(3)(count);
  const next = random(4);
  const labels = Array.from({ length: models }, () => {
    const skill = Float64Array.from({ length: dimension }, () => next() - 0.5);
    const scores = Float64Array.from({ length: count }, (_, row) => {
      const own = rows.subarray(row * dimension, (row + 1) * dimension);
      return own.reduce((sum, x, i) => sum + x * (skill[i] as number), next() - 0.5);
    });
    const middle = scores.toSorted()[Math.floor(count / 2)] as number;
    return Int8Array.from(scores, (score) => (score > middle ? 1 : -1));
  });
  const unit = normalised({ rows, dimension } as TrainingSet);
  return { name: `synthetic, n=${count}`, dimension, count, rows, unit, labels };
}

/** The pool of models/default/selectors. */
const pool = [
  "Yi-34B",
  "mathstral-7B",
  "Phi-3-mini-4k-instruct",
  "Mixtral-8x7B-Instruct-v0.1",
  "Llama-3.1-8B-Instruct",
  "c4ai-command-r-v01",
];

/**
 * MMLU-Pro's questions by the built-in embedder with their true categories, and which of six models answered them:
 * undefined where the records are not.
 */
export async function realProblem(records: string): Promise<Problem | undefined> {
  if (!existsSync(records)) return undefined;
  const questions = (await readMmluPro(records)).filter(({ split }) => split === "train");
  const examples = groupByQuery(
    questions.flatMap(({ query, category, correct }) =>
      pool.flatMap((model) => {
        const quality = correct.get(model);
        return typeof quality === "number" ? [{ query, category, model, quality }] : [];
      }),
    ),
  );
  const embedder = await openEmbedder({
    folder: defaultEmbedderFolder,
    maxWaiting: 1024,
    cacheEntries: 0,
  });
  const store = await openVectorStore(join(import.meta.dirname, "../../.cache/train"), embedder);
  const vectors = await embedQueries(examples.queries, embedder, { batchSize: 32, store });
  await embedder.close();
  const set = trainingSet(examples, vectors, domainNames, 1);
  const { count, models, values, rows } = set;
  const [tells, means] = [telling(set), valueMeans(set)];
  const labels = models.map((_, model) =>
    Int8Array.from({ length: count }, (_value, row) => {
      const value = values[row * models.length + model] as number;
      if (!tells[row] || Number.isNaN(value)) return 0;
      return value > (means[row] as number) ? 1 : -1;
    }),
  );
  const name = `MMLU-Pro, 6 models, n=${count}`;
  return { name, dimension: set.dimension, count, rows, unit: normalised(set), labels };
}

import { join } from "node:path";
import { openDomainClassifier } from "../../src/classify/head.ts";
import { domainNames } from "../../src/domains.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { openSelector } from "../../src/select/open-selector.ts";
import type { SelectorAlgorithm } from "../../src/select/selector.ts";
import { type Figures, figuresOf } from "../../src/train/cross-validate.ts";
import { embedQueries } from "../../src/train/embed-queries.ts";
import { groupByQuery } from "../../src/train/examples.ts";
import type { Fitted } from "../../src/train/fit-selectors.ts";
import { judge, noOutcome } from "../../src/train/outcome.ts";
import { type Statistics, statisticsOf } from "../../src/train/statistics.ts";
import { trainSelectors } from "../../src/train/train-selectors.ts";
import { trainingSet } from "../../src/train/training-set.ts";
import type { VectorStore } from "../../src/train/vector-store.ts";
import type { Question } from "./mmlu-pro.ts";

const seed = 42;

const domainFolder = join(import.meta.dirname, "../../models/default/domain");

export interface TrainedSelectors {
  readonly statistics: Statistics;
  readonly selectors: readonly Fitted[];
}

/** Cross-validated inside the train split; the test split stays unseen. */
export async function trainOn(
  questions: readonly Question[],
  models: readonly string[],
  embedder: Embedder,
  store: VectorStore,
  provenance: Readonly<Record<string, unknown>>,
): Promise<TrainedSelectors> {
  const records = questions
    .filter(({ split }) => split === "train")
    .flatMap(({ query, category, correct }) =>
      models.flatMap((model) => {
        const quality = correct.get(model);
        return typeof quality === "number" ? [{ query, category, model, quality }] : [];
      }),
    );
  const examples = groupByQuery(records);
  const selectors = await trainSelectors(examples, embedder, {
    // What ships is small.
    precision: "int8",
    seed,
    store,
    provenance,
    onStep: (step) => console.error(`  ${step}`),
  });
  return { selectors, statistics: statisticsOf(examples, records.length) };
}

export type Tested = Readonly<
  Partial<Record<SelectorAlgorithm, { trueCategory: Figures; predictedCategory: Figures }>>
>;

/** Every question of the test split once, with the category that MMLU-Pro gives and with the one that serving finds. */
export async function testOn(
  questions: readonly Question[],
  models: readonly string[],
  embedder: Embedder,
  store: VectorStore,
  { selectors, statistics }: TrainedSelectors,
): Promise<Tested> {
  const held = questions.filter(({ split }) => split === "test");
  const queries = held.map(({ query }) => query);
  const vectors = await embedQueries(queries, embedder, { batchSize: 32, store });
  const qualities = Float64Array.from(
    held.flatMap(({ correct }) => models.map((model) => correct.get(model) ?? Number.NaN)),
  );
  const classifier = openDomainClassifier(domainFolder, embedder);
  const found = queries.map((query, row) => {
    const vector = vectors.subarray(row * embedder.dimension, (row + 1) * embedder.dimension);
    return classifier.classify(query, vector)[0]?.name ?? "other";
  });
  // The best single model is the one that the train split says is best.
  const means = Float64Array.from(
    models,
    (model) => statistics.models.find(({ name }) => name === model)?.quality ?? 0,
  );
  const figures = (select: ReturnType<typeof openSelector>["select"], categories: string[]) => {
    const examples = { queries, categories, models, qualities };
    const outcome = noOutcome();
    judge(trainingSet(examples, vectors, domainNames, 1), means, select, outcome);
    return figuresOf(outcome, false, seed);
  };
  return Object.fromEntries(
    selectors.map(({ artifact }) => {
      const { select } = openSelector(artifact);
      const trueCategory = figures(
        select,
        held.map(({ category }) => category),
      );
      return [artifact.algorithm, { trueCategory, predictedCategory: figures(select, found) }];
    }),
  );
}

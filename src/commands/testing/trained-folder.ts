import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "./run-cli.ts";

const topics = ["integrals of polynomials", "the law of contracts", "cells and genes", "rain"];

/** Records of a benchmark in which each of two models is right on half of the topics. */
export const recordLines = (): string =>
  Array.from({ length: 40 }, (_, at) => `tell me about ${topics[at % 4]}, part ${at}`)
    .flatMap((query, at) =>
      ["small", "large"].map((model_name) => ({
        query,
        category: ["math", "law", "biology", "other"][at % 4],
        model_name,
        performance: (model_name === "large") === at % 4 < 2 ? 1 : 0,
        response_time: model_name === "large" ? 2 : 0.5,
      })),
    )
    .map((record) => `${JSON.stringify(record)}\n`)
    .join("");

/** `models` with the three selectors, below `folder`, where records.jsonl is written too. */
export async function trainedFolder(folder: string): Promise<string> {
  writeFileSync(join(folder, "records.jsonl"), recordLines());
  const models = join(folder, "models");
  const { code, err } = await runCli([
    ...["train", "--data-file", join(folder, "records.jsonl"), "--output-dir", models],
    ...["--cache-dir", join(folder, "vectors"), "--knn-k", "5", "--kmeans-clusters", "4"],
  ]);
  if (code !== 0) throw new Error(`train failed: ${err}`);
  return models;
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "../../drivers/driver.ts";
import { runSignalbox } from "../../run-signalbox.ts";
import { type BenchmarkRecord, llmOptions } from "./benchmark.ts";

const root = join(import.meta.dirname, "../../..");
const workFolder = join(root, "e2e/.work/ml-model-selection");
/** Selectors of one's own instead of those of the mock LLMs' benchmark. */
const { E2E_MODELS_PATH: ownModels, E2E_MODELS_REPO: repository } = process.env;
const modelsPath = ownModels ?? join(workFolder, "models");

/** The profile's own file, with time enough that a busy machine changes no choice. */
const config = join(workFolder, "profile.yaml");
const env = { MODELS_PATH: modelsPath };

/** The three selectors, as an operator would get them: local, else downloaded, else fitted. Says which it was. */
export async function obtainProfile(records: readonly BenchmarkRecord[]): Promise<void> {
  mkdirSync(workFolder, { recursive: true });
  const text = readFileSync(join(root, "config/profile.yaml"), "utf8");
  writeFileSync(config, `${text}\nlimits:\n  deadline_ms: 5000\n`);
  const data = join(workFolder, "benchmark.jsonl");
  writeFileSync(data, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  // Those of an earlier run would be local, and what is tested is this checkout's training.
  if (ownModels === undefined) rmSync(modelsPath, { recursive: true, force: true });
  const output = await runSignalbox(
    [
      ...["download", "--output-dir", modelsPath, "--else-train", data],
      ...(repository === undefined ? [] : ["--repo-id", repository]),
      ...["--", "--cache-dir", join(workFolder, "vectors")],
      // As the profile's file wants them; signalbox refuses to serve others.
      ...["--knn-k", "5", "--kmeans-clusters", "8", "--svm-kernel", "rbf", "--svm-gamma", "1"],
    ],
    repository === undefined ? { HF_HUB_OFFLINE: "1" } : {},
  );
  console.info(output.trimEnd().split("\n").at(-1));
}

export const profile: Profile = { config, env, llms: llmOptions, defaultModel: "mistral-7b" };

export interface Explained {
  readonly model: string;
  readonly decision: string;
  readonly domain: string;
}

/** What `signalbox explain` says for each query. */
export async function explainAll(queries: readonly string[]): Promise<Explained[]> {
  const input = join(workFolder, "queries.jsonl");
  writeFileSync(input, queries.map((query) => `${JSON.stringify({ query })}\n`).join(""));
  const output = await runSignalbox(
    ["explain", "--config", config, "--input", input, "--json"],
    env,
  );
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/**
 * Makes the tables of docs/validation: for each pool of models, selectors fitted on its train split and judged once on
 * its test split by `signalbox validate`, beside those of vllm-project/semantic-router's recipe.
 *
 *     node scripts/validation.ts [--data ../shared/data] [--pools R4,R6]
 *
 * Needs the public data that the tables name. What it works with, texts among it, stays in .cache/validation.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultEmbedderFolder } from "../src/embed/built-in.ts";
import { openEmbedder } from "../src/embed/worker-embedder.ts";
import { writeAtomic } from "../src/files/write-atomic.ts";
import { readExamples } from "../src/train/read-examples.ts";
import { openVectorStore } from "../src/train/vector-store.ts";
import { writeSelectors } from "../src/train/write-selectors.ts";
import type { Report } from "../src/validate/report.ts";
import { pools, writeRecords } from "./validation/pools.ts";
import { run } from "./validation/run.ts";
import { type Judged, summaryOf } from "./validation/summary.ts";
import { upstreamSelectors } from "./validation/upstream-recipe.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(root, "../shared/data") },
    pools: { type: "string", default: pools.map(({ name }) => name).join() },
  },
});
const vectorFolder = join(root, ".cache/train");
const wanted = values.pools.split(",");
const docs = join(root, "docs/validation");
const judged: Judged[] = [];
for (const pool of pools.filter(({ name }) => wanted.includes(name))) {
  const folder = join(root, ".cache/validation", pool.name);
  const [training, test] = [join(folder, "train.jsonl"), join(folder, "test.jsonl")];
  if (!existsSync(test)) await writeRecords(pool, resolve(values.data), folder);
  if (!existsSync(join(folder, "ours/svm_model.safetensors"))) {
    await run([
      "train",
      ...["--data-file", training, "--output-dir", join(folder, "ours")],
      ...["--cache-dir", vectorFolder, "--format", "safetensors"],
    ]);
  }
  if (!existsSync(join(folder, "upstream/svm_model.safetensors"))) {
    const embedder = await openEmbedder({
      folder: defaultEmbedderFolder,
      maxWaiting: 1024,
      cacheEntries: 0,
    });
    const store = await openVectorStore(vectorFolder, embedder);
    const { examples } = await readExamples(training);
    const artifacts = await upstreamSelectors(examples, embedder, store);
    await writeSelectors(artifacts, join(folder, "upstream"), "safetensors");
    store.close();
    await embedder.close();
  }
  const [ours, upstream] = [await judge("ours"), await judge("upstream")];
  judged.push({ pool, ours, upstream });

  async function judge(made: "ours" | "upstream"): Promise<Report> {
    const reports = join(folder, `report-${made}`);
    const [weak, strong] = pool.pair ?? [];
    const json = await run([
      ...["validate", "--json", "--data-file", test, "--training-file", training],
      ...["--models-dir", join(folder, made), "--cache-dir", vectorFolder, "--report", reports],
      ...(weak && strong ? ["--weak", weak, "--strong", strong] : []),
    ]);
    const text = await readFile(join(reports, "report.md"), "utf8");
    await writeAtomic(join(docs, pool.name, `${made}.md`), text);
    return JSON.parse(json);
  }
}
await writeAtomic(join(docs, "README.md"), summaryOf(judged));

/**
 * Makes models/default/selectors from MMLU-Pro results, and a report of what they gain:
 *
 *     node scripts/default-selectors.ts [records.jsonl.gz] [--date 2026-11-21]
 *
 * The selectors see the train split only. The test split is looked at once, here, after everything is fixed.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { defaultEmbedderFolder } from "../src/embed/built-in.ts";
import { openEmbedder } from "../src/embed/worker-embedder.ts";
import { openVectorStore } from "../src/train/vector-store.ts";
import { writeSelectors } from "../src/train/write-selectors.ts";
import { readMmluPro } from "./default-selectors/mmlu-pro.ts";
import { testOn, trainOn } from "./default-selectors/pool.ts";
import { reportText } from "./default-selectors/report.ts";

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { date: { type: "string" } },
});
const [path = join(root, "../shared/data/mmlupro_records.jsonl.gz")] = positionals;

const closeInStrength = [
  "Yi-34B",
  "mathstral-7B",
  "Phi-3-mini-4k-instruct",
  "Mixtral-8x7B-Instruct-v0.1",
];
const pools = {
  R6: [...closeInStrength, "Llama-3.1-8B-Instruct", "c4ai-command-r-v01"],
  R4: closeInStrength,
  P5: [
    "jamba-1.5-large",
    "Qwen1.5-72B-Chat",
    "Llama-3.1-8B-Instruct",
    "mathstral-7B",
    "Mixtral-8x7B-Instruct-v0.1",
  ],
};
/** The pool whose selectors are shipped. */
const shipped = "R6";

const embedder = await openEmbedder({
  folder: defaultEmbedderFolder,
  maxWaiting: 1024,
  cacheEntries: 0,
});
const store = await openVectorStore(join(root, ".cache/train"), embedder);
const questions = await readMmluPro(path);
const provenance = {
  data: basename(path),
  data_sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
  source: "TIGER-AI-Lab/MMLU-Pro eval_results @ f418b116, Apache-2.0; split train; no text is kept",
  ...(values.date && { date: values.date }),
};
const folder = join(root, "models/default/selectors");
const results = [];
for (const [pool, models] of Object.entries(pools)) {
  const started = performance.now();
  const trained = await trainOn(questions, models, embedder, store, { ...provenance, pool });
  const seconds = Math.round((performance.now() - started) / 1000);
  console.error(`${pool}: trained in ${seconds} s`);
  const artifacts = trained.selectors.map(({ artifact }) => artifact);
  const files =
    pool === shipped ? (await writeSelectors(artifacts, folder, "safetensors", "int8")).files : [];
  const tested = await testOn(questions, models, embedder, store, trained);
  results.push({
    pool,
    models,
    shipped: pool === shipped,
    files: files.map(({ path: file, bytes }) => ({ file: basename(file), bytes })),
    bestSingle: trained.statistics.models[0]?.name ?? "",
    trainQueries: trained.statistics.queries,
    selectors: trained.selectors.map(({ artifact, settings, figures }) => ({
      algorithm: artifact.algorithm,
      settings,
      crossValidation: figures,
      test: tested[artifact.algorithm],
    })),
  });
}
await embedder.close();
store.close();
const report = {
  provenance,
  embedder: { name: embedder.name, revision: embedder.revision },
  results,
};
await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
await writeFile(join(folder, "report.md"), reportText(report));

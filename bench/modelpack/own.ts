import { createInterface } from "node:readline";
import { domainNames } from "../../src/domains.ts";
import {
  accuracyOf,
  calibrationError,
  confusionOf,
  figuresOfLabels,
  macroF1,
  type Verdict,
} from "../../src/math/classification.ts";
import { modelBytes, readModel } from "../../src/modelpack/model/model-file.ts";
import { type ModelPack, openModelPack } from "../../src/modelpack/open-model-pack.ts";
import { type Row, readSplit } from "../../src/modelpack/training/read-rows.ts";
import { defaultTrainSettings } from "../../src/modelpack/training/settings.ts";
import { trainPack } from "../../src/modelpack/training/train-pack.ts";
import { memory } from "../measure/memory.ts";

/** The same requests as of peers/sklearn/modelpack.py, in a process of its own for its memory. */
let pack: ModelPack | undefined;
let test: readonly Row[] = [];

const seconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function train(folder: string, settings: object) {
  const [summary] = await trainPack({
    families: ["router"],
    preparedDir: folder,
    outputDir: folder,
    settings: { ...defaultTrainSettings, ...settings },
    configPath: null,
    date: null,
    tool: "bench",
    onEpoch: () => undefined,
    onFamily: () => undefined,
  });
  const [wall, cpu, most] = [performance.now() / 1000, seconds(), memory("VmHWM")];
  const opened = openModelPack(folder);
  pack = opened;
  test = (await readSplit(folder, "router", "test"))?.rows ?? [];
  const verdicts = test.map(({ texts: [text = ""], label, source }) => {
    const { label: said, confidence } = opened.predict("mmlu_domain", text);
    return { actual: label, predicted: said ?? "", confidence, source };
  });
  const file = readModel(folder, "router");
  const single = new Map(
    [...file.weights].map(([name, one]) => [
      name,
      { ...one, weights: Float32Array.from(one.weights) },
    ]),
  );
  const bySource = Map.groupBy(verdicts, ({ source }) => source);
  return {
    wall,
    cpu,
    memory: most,
    ...figuresOf(verdicts),
    sources: Object.fromEntries([...bySource].map(([source, own]) => [source, figuresOf(own)])),
    bytes: {
      int8: modelBytes(file).tensors.length,
      float32: modelBytes({ ...file, weights: single }).tensors.length,
    },
    columns: file.header.columns,
    int8: summary?.int8_changes,
  };
}

const figuresOf = (verdicts: readonly Verdict[]) => ({
  rows: verdicts.length,
  accuracy: accuracyOf(verdicts),
  macroF1: macroF1(figuresOfLabels(confusionOf(verdicts, domainNames))),
  calibrationError: calibrationError(verdicts),
});

function predict(count: number) {
  if (!pack) throw new Error("train first");
  const walls: number[] = [];
  const before = seconds();
  // Rows stand by category: every so many is a fair sample.
  const step = Math.max(1, Math.floor(test.length / count));
  const sample = test.filter((_, at) => at % step === 0).slice(0, count);
  for (const { texts } of sample) {
    const started = performance.now();
    pack.predict("mmlu_domain", texts[0] ?? "");
    walls.push((performance.now() - started) / 1000);
  }
  const single = (seconds() - before) / sample.length;
  const again = seconds();
  for (const { texts } of test) pack.predict("mmlu_domain", texts[0] ?? "");
  const sorted = walls.toSorted((a, b) => a - b);
  return {
    p50: sorted[Math.floor(sorted.length / 2)],
    least: sorted[0],
    cpu: single,
    batchCpu: (seconds() - again) / test.length,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer =
    "train" in request ? await train(request.train, request.settings) : predict(request.predict);
  console.info(JSON.stringify(answer));
}

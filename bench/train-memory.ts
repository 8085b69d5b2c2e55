import { spawn } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type Question, readMmluPro } from "../scripts/default-selectors/mmlu-pro.ts";
import { packageRoot } from "../src/config/paths.ts";
import { domainNames } from "../src/domains.ts";
import { atMost } from "./measure/bars.ts";
import { showTable, writeResults } from "./measure/results.ts";

/**
 * node bench/train-memory.ts [--quick] [--data FILE]
 *
 * What `signalbox train --algorithm kmeans` takes for 1,000,000 records: 20,000 queries answered by 50 models, beside a
 * hundredth of them; and 500,000 queries answered by two, of which it keeps a sample. Queries are MMLU-Pro's questions with a number
 * at their end where they repeat, or made up where those are not; answers are made up.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    data: {
      type: "string",
      default: join(packageRoot, "../shared/data/mmlupro_records.jsonl.gz"),
    },
  },
});
const real = existsSync(values.data);
if (!real) console.warn(`${values.data} is not there: the queries are made up`);
const questions = real ? await distinctQuestions(values.data) : madeUp();

const scale = values.quick ? 100 : 1;
const rows = [];
for (const [queries, models, sample] of [
  [200, 50, 65_536],
  [20_000 / scale, 50, 65_536],
  [500_000 / scale, 2, 20_000 / scale],
] as const) {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-train-"));
  try {
    const path = join(folder, "records.jsonl");
    await pipeline(Readable.from(lines(queries, models)), createWriteStream(path));
    const taken = await train(folder, path, sample);
    const megabytes = Math.round(statSync(path).size / 1e6);
    rows.push({ records: queries * models, queries, models, fileMB: megabytes, ...taken });
    showTable("Training kmeans", rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const [, many, sampled] = rows;
// Feature vectors, their copy for k-means, the products of two starts, and what Node and onnxruntime take.
const bars = [
  atMost("20,000 queries: MB", many?.peakMB ?? Number.NaN, 900),
  atMost("a sample of 20,000 of 500,000: MB", sampled?.peakMB ?? Number.NaN, 900),
];
showTable("Bars", bars);
if (!values.quick) console.info(`Raw results: ${writeResults("train-memory", { rows, bars })}`);
process.exitCode = bars.every(({ met }) => met) ? 0 : 1;

function* lines(queries: number, models: number): Generator<string> {
  for (let at = 0; at < queries; at++) {
    const round = Math.floor(at / questions.length);
    const { query, category } = questions[at % questions.length] as Question;
    const text = round === 0 ? query : `${query} (${round})`;
    for (let model = 0; model < models; model++) {
      const performance = (at * 31 + model * 17 + category.length * model) % 5 < 2 ? 1 : 0;
      const response_time = 1 + model / 10;
      const record = { query: text, category, model_name: `m${model}`, performance, response_time };
      yield `${JSON.stringify(record)}\n`;
    }
  }
}

async function distinctQuestions(path: string): Promise<readonly Question[]> {
  const training = (await readMmluPro(path)).filter(({ split }) => split === "train");
  return [...new Map(training.map((one) => [one.query, one])).values()];
}

function madeUp(): readonly Question[] {
  return Array.from({ length: 5000 }, (_, at) => ({
    query: `Question ${at}: how far does a stone fly that is thrown with ${at} metres a second?`,
    category: domainNames[at % domainNames.length] as string,
    split: "train" as const,
    correct: new Map(),
  }));
}

async function train(folder: string, path: string, sample: number) {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...[join(packageRoot, "src/cli.ts"), "train", "--data-file", path, "--algorithm", "kmeans"],
      ...["--output-dir", join(folder, "out"), "--cache-dir", join(folder, "cache")],
      ...["--format", "safetensors", "--sample", `${sample}`],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  let peakMB = 0;
  const poll = setInterval(() => {
    peakMB = Math.max(peakMB, peakOf(child.pid) / 1e6);
  }, 100);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(poll);
  if (code !== 0) throw new Error(`train ended with ${code}`);
  const { data } = JSON.parse(readFileSync(join(folder, "out/training.json"), "utf8"));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { trainedOn: data.queries, seconds, peakMB: Math.round(peakMB) };
}

/** Bytes; the peak of a process only grows, so the last reading tells it. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

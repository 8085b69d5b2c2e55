import { execFile } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs, promisify } from "node:util";
import { loadConfig } from "../src/config/load.ts";
import { packageRoot } from "../src/config/paths.ts";
import { defaultEmbedderFolder } from "../src/embed/built-in.ts";
import { openEmbedder } from "../src/embed/worker-embedder.ts";
import { labelFile } from "../src/label/label-file.ts";
import type { Labeller } from "../src/label/labeller.ts";
import { localLabeller } from "../src/label/local-labeller.ts";
import { atMost } from "./measure/bars.ts";
import { showTable, writeResults } from "./measure/results.ts";

/**
 * node bench/label.ts [--quick]
 *
 * What `signalbox label` takes for 1,000,000 records: with --local, when their queries repeat, beside a hundredth of the
 * records with the same queries; and when every query is another, answered at once, which is the table of labels and
 * its file alone. Each runs in a process of its own.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    child: { type: "string" },
    folder: { type: "string" },
  },
});
if (values.child === undefined) await compare(values.quick);
else await label(values.child, values.folder ?? "");

async function compare(quick: boolean): Promise<void> {
  const many = quick ? 10_000 : 1_000_000;
  const few = many / 100;
  const rows = [];
  for (const [who, records, queries] of [
    ["local", few, few],
    ["local", many, few],
    ["at once", many, many],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-label-"));
    try {
      await pipeline(Readable.from(lines(records, queries)), createWriteStream(join(folder, "in")));
      const args = ["--disable-warning=ExperimentalWarning", import.meta.filename];
      const child = [...args, "--child", who, "--folder", folder];
      const { stdout } = await promisify(execFile)(process.execPath, child);
      rows.push({ who, records, queries, ...(JSON.parse(stdout) as Taken) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const [least, most] = rows;
  const growth = (most?.peakMB ?? Number.NaN) / (least?.peakMB ?? Number.NaN);
  const bars = [atMost("a hundred times the records: memory", growth, 1.5)];
  showTable("Labels", rows);
  showTable("Bars", bars);
  if (!quick) console.info(`Raw results: ${writeResults("label", { rows, bars })}`);
  process.exitCode = bars.every(({ met }) => met) ? 0 : 1;
}

function* lines(records: number, queries: number): Generator<string> {
  for (let at = 0; at < records; at++) {
    const query = `Question ${at % queries}: how far does a stone fly that is thrown with ${at % queries} metres a second, and why does the law of contracts not apply to it?`;
    yield `${JSON.stringify({ query, model_name: `m${Math.floor(at / queries)}`, performance: 0.5 })}\n`;
  }
}

interface Taken {
  readonly seconds: number;
  readonly peakMB: number;
}

async function label(who: string, folder: string): Promise<void> {
  const labeller = who === "local" ? await local() : atOnce();
  const started = performance.now();
  const job = { input: join(folder, "in"), output: join(folder, "out"), labeller, concurrency: 8 };
  const { unlabelled } = await labelFile(job);
  const seconds = (performance.now() - started) / 1000;
  await labeller.close();
  if (unlabelled > 0) throw new Error(`${unlabelled} records have no label`);
  process.stdout.write(JSON.stringify({ seconds, peakMB: peakMB() } satisfies Taken));
}

async function local(): Promise<Labeller> {
  const { config } = loadConfig(join(packageRoot, "config/default.yaml"), {});
  const embedder = await openEmbedder({
    folder: defaultEmbedderFolder,
    maxWaiting: 8,
    cacheEntries: 0,
  });
  return localLabeller(embedder, config);
}

function atOnce(): Labeller {
  return { by: "bench", label: async () => "math", close: async () => undefined };
}

/** Linux hands maxRSS of the parent on to a child; VmHWM is of this program alone. */
function peakMB(): number {
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return (Number(kib) * 1024) / 1e6;
}

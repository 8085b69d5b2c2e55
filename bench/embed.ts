import { join } from "node:path";
import { parseArgs } from "node:util";
import { engineBars, serviceBars, withFloors } from "./embed/bars.ts";
import { compareEngines, modelsAreThere } from "./embed/engines.ts";
import { measureCacheHit, measureLoads, measureLoopDelay } from "./embed/service.ts";
import { showTable, writeResults } from "./measure/results.ts";

/**
 * node bench/embed.ts [--quick] [--no-peers]
 *
 * What a vector costs: the built-in model through the embedder's queue and cache, and Qwen3's shape in int8 and fp32
 * beside bench/peers/candle (built here; --no-peers does without cargo). The Qwen3 models are made by
 * bench/embed/make_qwen3.py in .tools/bench-models, or in $SIGNALBOX_BENCH_MODELS; `make bench-embed` does it.
 */
const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, "no-peers": { type: "boolean" } },
});
const { quick } = values;
const root = join(import.meta.dirname, "..");
const models = process.env["SIGNALBOX_BENCH_MODELS"] ?? join(root, ".tools/bench-models");
const cases = quick
  ? [
      { tokens: 16, batch: 1, calls: 3 },
      { tokens: 64, batch: 1, calls: 2 },
      { tokens: 16, batch: 8, calls: 1 },
    ]
  : [
      { tokens: 16, batch: 1, calls: 9 },
      { tokens: 64, batch: 1, calls: 7 },
      { tokens: 256, batch: 1, calls: 3 },
      { tokens: 16, batch: 8, calls: 3 },
      { tokens: 64, batch: 8, calls: 3 },
      { tokens: 256, batch: 8, calls: 1 },
    ];
const seconds = quick ? 2 : 6;

const loads = await measureLoads(seconds);
showTable("The built-in model through the embedder, fresh texts of 48 tokens", loads);
const cacheHitMicros = await measureCacheHit(quick ? 20 : 100);
console.info(`\nA text of the cache: ${cacheHitMicros.toPrecision(3)} us`);
const delays = [...(await measureLoopDelay("built-in model", seconds))];

const there = modelsAreThere(models);
if (there) {
  delays.push(
    ...(await measureLoopDelay("Qwen3 int8", seconds, join(models, "qwen3-int8"))).slice(1),
  );
}
showTable("Lateness of the event loop, every worker busy on texts of 256 tokens", delays);

const engines = there ? await compareEngines(models, cases, !values["no-peers"]) : undefined;
if (engines) {
  showTable("Qwen3's shape, one thread, a text", withFloors(engines.rows, engines.floors));
  console.info(`int8 gives a text the same vector in a batch: ${engines.int8Batches}`);
  console.info(`A core: ${JSON.stringify(engines.floors)}`);
} else console.info(`\nNo models in ${models}: nothing is measured of Qwen3. Run make bench-embed`);

const bars = [
  ...serviceBars(loads, cacheHitMicros, delays),
  ...(engines ? engineBars(engines) : []),
];
showTable("Bars", bars);
if (!quick) {
  const results = { cases, seconds, bars, loads, cacheHitMicros, delays, engines };
  console.info(`Raw results: ${writeResults("embed", results)}`);
}

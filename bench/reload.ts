import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadResult } from "../e2e/load/job.ts";
import { mixedBodies } from "../e2e/load/queries.ts";
import { startLoad } from "../e2e/load/start-load.ts";
import { mountConfigMap } from "../e2e/reload/config-map.ts";
import { otherBytes } from "../e2e/reload/other-bytes.ts";
import { untilStatus } from "../e2e/reload/status.ts";

/**
 * node bench/reload.ts [reloads, 100 by default]
 *
 * Swaps a mounted ConfigMap again and again while requests go through a real Envoy, which fails a request that gets no
 * answer within 1 s, as gateway-resources/ has it. Every reload changes the decisions, every fifth the files of svm and
 * kmeans too, every tenth that of knn (7.9 MB). What is sought: no failed request, and no memory that grows.
 */
const reloads = Number(process.argv[2] ?? 100);
const connections = 8;
const messageTimeoutMs = 1000;
const perRound = 500;

const selectors = join(import.meta.dirname, "../models/default/selectors");
const trained = Object.fromEntries(
  ["knn", "kmeans", "svm"].map((algorithm) => {
    const file = `${algorithm}_model.safetensors`;
    return [file, readFileSync(join(selectors, file))];
  }),
);
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-reload-"));
const shipped = readFileSync(join(import.meta.dirname, "../config/default.yaml"), "utf8");
const configOf = (version: number): string =>
  shipped
    .replace("algorithm: { type: kmeans }", "algorithm: { type: knn }")
    .replace("strategy: priority", version % 2 ? "strategy: confidence" : "strategy: priority")
    .concat(`model_selection: { ml: { models_path: ${folder} } }\n# version ${version}\n`);

interface Memory {
  readonly reload: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
}

/** Of a scrape; `0` where there is no such series. */
const seriesOf = (metrics: string, series: string): number =>
  Number(metrics.match(new RegExp(`^${series} (\\S+)$`, "m"))?.[1] ?? 0);

const map = mountConfigMap(folder, { "config.yaml": configOf(0), ...trained });
const stack = await startLoad({ config: map.path("config.yaml"), messageTimeoutMs });
const { signalbox, driver, routing } = stack;
const bodies = mixedBodies(5000);
const job = { port: routing.port, connections, bodies, requests: perRound };

async function memoryAt(reload: number): Promise<Memory> {
  const metrics = await (await fetch(signalbox.metricsUrl)).text();
  const mib = (series: string) => Math.round((seriesOf(metrics, series) / 2 ** 20) * 10) / 10;
  return {
    reload,
    rssMiB: mib("process_resident_memory_bytes"),
    heapMiB: mib("nodejs_heap_size_used_bytes"),
    externalMiB: mib("nodejs_external_memory_bytes"),
  };
}

const total = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
const worst = (all: readonly number[]): number => Math.max(0, ...all);
const summary = (all: readonly LoadResult[]) => ({
  requests: total(all.map(({ requests }) => requests)),
  failed: total(all.flatMap(({ failures }) => Object.values(failures))),
  notRouted: total(all.map(({ requests, routed }) => requests - routed)),
  defaulted: total(all.map(({ defaulted }) => defaulted)),
  perSecond: Math.round(
    total(all.map(({ requests }) => requests)) / total(all.map(({ seconds }) => seconds)),
  ),
  worstP99Ms: Math.round(worst(all.map(({ p99Ms }) => p99Ms)) * 10) / 10,
});

try {
  // Without a reload, for comparison; and everything is compiled and cached then.
  const still: LoadResult[] = [];
  for (let round = 0; round < 10; round++) still.push(await driver.run(job));
  let done = false;
  const loaded = (async () => {
    const results: LoadResult[] = [];
    while (!done) results.push(await driver.run(job));
    return results;
  })();
  const memory = [await memoryAt(0)];
  const durationsMs: number[] = [];
  const began = performance.now();
  for (let version = 1; version <= reloads; version++) {
    const changed = Object.entries(trained).filter(([file]) =>
      file.startsWith("knn") ? version % 10 === 0 : version % 5 === 0,
    );
    map.update({
      "config.yaml": configOf(version),
      ...Object.fromEntries(changed.map(([file, bytes]) => [file, otherBytes(bytes, version)])),
    });
    const status = await untilStatus(signalbox, ({ generation }) => generation === version + 1);
    durationsMs.push(status.last_attempt.duration_ms);
    // Right after knn's file, when what it replaced is still there, and nine reloads later.
    if (version % 10 === 0 || version % 10 === 9) memory.push(await memoryAt(version));
  }
  const seconds = (performance.now() - began) / 1000;
  done = true;
  const results = await loaded;
  const end = await untilStatus(signalbox, ({ routers_open }) => routers_open === 1);
  const date = new Date().toISOString().slice(0, 10);
  const summaries = { "no reload": summary(still), [`${reloads} reloads`]: summary(results) };
  console.table(summaries);
  console.table(memory);
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    load: loadavg(),
    node: process.version,
  };
  const file = join(import.meta.dirname, "results", `${date}-reload.json`);
  mkdirSync(join(import.meta.dirname, "results"), { recursive: true });
  const extProcConnections = await routing.stat("cluster.signalbox.upstream_cx_total");
  const raw = { date, machine, reloads, seconds, connections, messageTimeoutMs, summaries };
  writeFileSync(
    file,
    `${JSON.stringify({ ...raw, generation: end.generation, extProcConnections, memory, durationsMs, results }, undefined, 1)}\n`,
  );
  console.info(`Raw results: ${file}`);
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { cpuSeconds } from "../e2e/load/cpu-seconds.ts";
import type { LoadResult } from "../e2e/load/job.ts";
import { mixedBodies } from "../e2e/load/queries.ts";
import { type LoadStack, startLoad } from "../e2e/load/start-load.ts";
import { median } from "./measure/median.ts";

/**
 * node bench/load.ts [FILE of config/, default.yaml by default]
 *
 * What signalbox costs at the highest rate that this machine gives: requests a second and CPU a request, beside the
 * same Envoy without it. The variants take turns, so that what else the machine does falls on all alike; medians.
 * Envoy waits 200 ms for an answer, its gateway's default, and fails a request that gets none.
 */
const config = process.argv[2] ?? "default.yaml";
const rounds = 5;
const requestsPerRound = 5000;
const limitSeconds = 8;
const connections = 32;

interface Measured extends LoadResult {
  readonly variant: string;
  readonly perSecond: number;
  readonly signalboxCpuMicros: number;
  readonly envoyCpuMicros: number;
}

type Variant = "bare Envoy" | "model named" | "all cached" | "1 of 10 new";

function bodiesOf(variant: Variant, round: number): string[] {
  // Other queries in every round: what is new must not be what an earlier round cached.
  const all = mixedBodies((round + 1) * requestsPerRound).slice(-requestsPerRound);
  if (variant === "1 of 10 new") return all;
  if (variant === "all cached") return all.filter((_, index) => index % 10 < 9);
  return mixedBodies(requestsPerRound, "some-model");
}

async function measure(stack: LoadStack, variant: Variant, round: number): Promise<Measured> {
  const envoy = variant === "bare Envoy" ? stack.bare : stack.routing;
  const bodies = bodiesOf(variant, round);
  const cpu = () => [cpuSeconds(stack.signalbox.child.pid), cpuSeconds(envoy.child.pid)] as const;
  const before = cpu();
  const job = { port: envoy.port, connections, bodies, requests: requestsPerRound, limitSeconds };
  const result = await stack.driver.run(job);
  const after = cpu();
  const micros = (at: 0 | 1): number => ((after[at] - before[at]) * 1e6) / result.requests;
  return {
    variant,
    ...result,
    perSecond: result.requests / result.seconds,
    signalboxCpuMicros: micros(0),
    envoyCpuMicros: micros(1),
  };
}

function summary(runs: readonly Measured[]) {
  const of = (key: keyof Measured): number => median(runs.map((run) => Number(run[key])));
  const total = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
  return {
    requests: total(runs.map((run) => run.requests)),
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    signalboxCpuMicros: of("signalboxCpuMicros"),
    envoyCpuMicros: of("envoyCpuMicros"),
    failed: total(runs.flatMap((run) => Object.values(run.failures))),
    defaulted: total(runs.map((run) => run.defaulted)),
  };
}

const variants: readonly Variant[] = ["bare Envoy", "model named", "all cached", "1 of 10 new"];
const stack = await startLoad({ config });
const measured: Measured[] = [];
try {
  // Both sides compile and open their connections in a round that does not count.
  for (const variant of variants) await measure(stack, variant, rounds);
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) measured.push(await measure(stack, variant, round));
  }
} finally {
  await stack.stop();
}

const summaries = Object.fromEntries(
  variants.map((variant) => [variant, summary(measured.filter((run) => run.variant === variant))]),
);
const bare = summaries["bare Envoy"]?.perSecond ?? 1;
console.table(
  Object.fromEntries(
    Object.entries(summaries).map(([variant, one]) => [
      variant,
      {
        "req/s": Math.round(one.perSecond),
        "to bare": (one.perSecond / bare).toFixed(2),
        "p50 ms": one.p50Ms.toFixed(1),
        "p99 ms": one.p99Ms.toFixed(1),
        "signalbox CPU us": Math.round(one.signalboxCpuMicros),
        "Envoy CPU us": Math.round(one.envoyCpuMicros),
        requests: one.requests,
        failed: one.failed,
        defaulted: one.defaulted,
      },
    ]),
  ),
);

const date = new Date().toISOString().slice(0, 10);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  load: loadavg(),
  node: process.version,
};
const path = join(folder, `${date}-load-${config.replace(/\.yaml$/, "")}.json`);
const raw = { date, machine, config, rounds, connections, summaries, measured };
writeFileSync(path, `${JSON.stringify(raw, undefined, 1)}\n`);
console.info(`Raw results: ${path}`);

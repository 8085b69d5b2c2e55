import { join } from "node:path";
import { cpuSeconds } from "../e2e/load/cpu-seconds.ts";
import { startLoadDriver } from "../e2e/load/driver.ts";
import { mixedBodies } from "../e2e/load/queries.ts";
import { startEnvoy } from "../e2e/start-envoy.ts";
import { startSignalbox } from "../e2e/start-signalbox.ts";
import { configuredModels } from "../src/config/configured-models.ts";
import { loadConfig } from "../src/config/load.ts";
import { startOtlpHttp } from "../src/testing/otlp/receiver.ts";
import { median } from "./measure/median.ts";
import { showTable, writeResults } from "./measure/results.ts";

/**
 * node bench/tracing.ts [ROUNDS]
 *
 * CPU of signalbox a request, all queries cached, without tracing, with one request of a hundred recorded, and with all of
 * them: three processes that take turns behind an Envoy each, so that what else the machine does falls on all alike.
 */
const rounds = Number(process.argv[2] ?? 9);
const requests = 4000;
const config = join(import.meta.dirname, "../config/minimal.yaml");

const receiver = await startOtlpHttp();
const tracing = (ratio: string) => ({
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: ratio,
});
const variants: readonly { readonly name: string; readonly env: Record<string, string> }[] = [
  { name: "off", env: {} },
  { name: "1 of 100", env: tracing("0.01") },
  { name: "all", env: tracing("1") },
];

const { config: loaded } = loadConfig(config, process.env);
const driver = await startLoadDriver();
const backends = Object.fromEntries(
  configuredModels(loaded).map((model) => [model, driver.backendPort]),
);
const stacks = [];
for (const { name, env } of variants) {
  const signalbox = await startSignalbox({ config, env });
  const envoy = await startEnvoy({
    backends,
    defaultBackend: loaded.default_model,
    extProcPort: signalbox.grpcPort,
    messageTimeoutMs: 5000,
  });
  stacks.push({ name, signalbox, envoy, micros: [] as number[], failed: 0 });
}
const bodies = mixedBodies(requests * 2)
  .filter((_, index) => index % 10 < 9)
  .slice(0, requests);
try {
  // The first turn of each fills its cache and warms V8.
  for (let round = -1; round < rounds; round++) {
    for (const stack of stacks) {
      const before = cpuSeconds(stack.signalbox.child.pid);
      const job = { port: stack.envoy.port, connections: 16, bodies, requests };
      const result = await driver.run(job);
      const taken = cpuSeconds(stack.signalbox.child.pid) - before;
      stack.failed += Object.values(result.failures).reduce((sum, one) => sum + one, 0);
      if (round >= 0) stack.micros.push((taken * 1e6) / requests);
    }
  }
} finally {
  for (const { envoy, signalbox } of stacks) {
    await envoy.child.stop();
    await signalbox.child.stop();
  }
  await driver.close();
  await receiver.close();
}

const [off] = stacks;
const rows = stacks.map(({ name, micros, failed }) => ({
  recorded: name,
  cpuMicros: median(micros),
  // Of each round: both shared it with the same neighbours.
  moreThanOff: median(micros.map((value, round) => value - (off?.micros[round] ?? 0))),
  failed,
}));
showTable("CPU of signalbox a request, in microseconds", rows);
console.info(`${receiver.spans().length} spans came`);
const path = writeResults("tracing", {
  requestsPerTurn: requests,
  rows,
  rounds: stacks.map(({ name, micros }) => ({ name, micros })),
});
console.info(`written to ${path}`);

import { join } from "node:path";
import { cpuSeconds } from "../../e2e/load/cpu-seconds.ts";
import type { LoadDriver } from "../../e2e/load/driver.ts";
import type { LoadJob, LoadResult } from "../../e2e/load/job.ts";
import { type Envoy, type StartEnvoy, startEnvoy } from "../../e2e/start-envoy.ts";
import { configuredModels } from "../../src/config/configured-models.ts";
import { loadConfig } from "../../src/config/load.ts";
import { median } from "../measure/median.ts";
import type { ExtProc } from "./servers.ts";

/** An ext_proc server and the Envoy in front of it; without a server, Envoy alone. */
export interface Contestant {
  readonly name: string;
  readonly server?: ExtProc;
  readonly envoy: Envoy;
}

export const configPath = join(import.meta.dirname, "../../config/default.yaml");
const { config } = loadConfig(configPath, process.env);
export const defaultModel = config.default_model;

/** Envoy of one worker, every model's backend the driver's. */
export async function putEnvoyBefore(
  name: string,
  driver: LoadDriver,
  server?: ExtProc,
  options: Partial<StartEnvoy> = {},
): Promise<Contestant> {
  const models = configuredModels(config).map((model) => [model, driver.backendPort]);
  const envoy = await startEnvoy({
    backends: Object.fromEntries(models),
    defaultBackend: defaultModel,
    ...options,
    ...(server && { extProcPort: server.grpcPort }),
  });
  return { name, envoy, ...(server && { server }) };
}

export interface Run extends LoadResult {
  readonly serverCpuSeconds: number;
  readonly envoyCpuSeconds: number;
}

export async function runOnce(
  { server, envoy }: Contestant,
  driver: LoadDriver,
  job: Omit<LoadJob, "port">,
): Promise<Run> {
  const cpu = () => [server ? cpuSeconds(server.child.pid) : 0, cpuSeconds(envoy.child.pid)];
  const [serverBefore = 0, envoyBefore = 0] = cpu();
  const result = await driver.run({ port: envoy.port, ...job });
  const [serverAfter = 0, envoyAfter = 0] = cpu();
  return {
    ...result,
    serverCpuSeconds: serverAfter - serverBefore,
    envoyCpuSeconds: envoyAfter - envoyBefore,
  };
}

export interface Summary {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU a request, of all rounds together. */
  readonly serverCpuMicros: number;
  readonly envoyCpuMicros: number;
  readonly failed: number;
  readonly routed: number;
  readonly defaulted: number;
}

export function summaryOf(runs: readonly Run[]): Summary {
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const requests = sum((run) => run.requests);
  return {
    requests,
    perSecond: median(runs.map((run) => run.requests / run.seconds)),
    p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
    serverCpuMicros: (sum((run) => run.serverCpuSeconds) * 1e6) / requests,
    envoyCpuMicros: (sum((run) => run.envoyCpuSeconds) * 1e6) / requests,
    failed: sum((run) => Object.values(run.failures).reduce((total, one) => total + one, 0)),
    routed: sum((run) => run.routed),
    defaulted: sum((run) => run.defaulted),
  };
}

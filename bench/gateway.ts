/**
 * node bench/gateway.ts [REQUESTS, 100000 by default]
 *
 * Chat requests through the real Envoy AI Gateway as fast as they are answered, while a configuration is reloaded and a
 * sidecar ends: told to (SIGTERM, which drains it) or killed (SIGKILL), and started again at once. Manifests, time
 * limits and failOpen are as shipped; hosts and ports are this machine's. Fails when a request failed.
 */
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Profile } from "../e2e/drivers/driver.ts";
import { smallProfile } from "../e2e/drivers/gateway/small-profile.ts";
import type { GatewayStack } from "../e2e/drivers/gateway/start-stack.ts";
import {
  type Event,
  killSidecar,
  type LoadReport,
  restartSidecar,
  runUnderLoad,
  startLoadedGateway,
} from "../e2e/drivers/gateway/under-load.ts";
import type { ConfigStatus } from "../src/reload/status.ts";
import { showTable, writeResults } from "./measure/results.ts";

const requests = Number(process.argv[2] ?? 100_000);
const connections = 32;

interface Scenario {
  readonly name: string;
  readonly sidecars: number;
  readonly end: Event["happen"];
}

const scenarios: readonly Scenario[] = [
  { name: "two sidecars, one drained", sidecars: 2, end: (stack) => restartSidecar(stack) },
  { name: "one sidecar, killed", sidecars: 1, end: (stack) => killSidecar(stack) },
  { name: "two sidecars, one killed", sidecars: 2, end: (stack) => killSidecar(stack) },
  { name: "one sidecar, drained", sidecars: 1, end: (stack) => restartSidecar(stack) },
];

/** Writes the configuration anew and tells every sidecar; resolves when each serves it. */
async function reload({ config }: Profile, { sidecars }: GatewayStack): Promise<void> {
  appendFileSync(config, "# changed\n");
  for (const sidecar of sidecars) sidecar.running().child.signal("SIGHUP");
  for (const sidecar of sidecars) {
    for (let generation = 1; generation < 2; await sleep(20)) {
      const answer = await fetch(`${sidecar.running().apiUrl}/config/status`);
      generation = ((await answer.json()) as ConfigStatus).generation;
    }
  }
}

async function run({ name, sidecars, end }: Scenario): Promise<LoadReport> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
  const profile = smallProfile(folder, "shipped");
  const loaded = await startLoadedGateway({ overlay: "ai-gateway", profile, sidecars });
  try {
    return await runUnderLoad(loaded, { requests, connections }, [
      {
        name: "reload",
        afterRequests: requests * 0.2,
        happen: (stack) => reload(profile, stack),
      },
      { name, afterRequests: requests * 0.6, happen: end },
    ]);
  } finally {
    await loaded.stop();
    rmSync(folder, { recursive: true });
  }
}

const reports: (LoadReport & Pick<Scenario, "name">)[] = [];
for (const scenario of scenarios) {
  reports.push({ name: scenario.name, ...(await run(scenario)) });
  // Each takes minutes: what is known is kept.
  console.info(`Raw results: ${writeResults("gateway", { connections, reports })}`);
}
showTable(
  "Through AI Gateway, with one reload and one sidecar that ended",
  reports.map(({ name, ...report }) => ({
    "": name,
    requests: report.requests,
    "req/s": report.requests / report.seconds,
    failed: Object.values(report.failures).reduce((sum, one) => sum + one, 0),
    "not routed": report.notRouted,
    "by default model": report.defaulted,
    "reload s": lasted(report, 0),
    "gone s": lasted(report, 1),
  })),
);
if (reports.some(({ failures }) => Object.keys(failures).length > 0)) process.exitCode = 1;

function lasted({ events }: LoadReport, at: number): number {
  const event = events[at];
  return event ? event.toSeconds - event.fromSeconds : 0;
}

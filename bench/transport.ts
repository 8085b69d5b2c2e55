import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startLoadDriver } from "../e2e/load/driver.ts";
import { mixedBodies } from "../e2e/load/queries.ts";
import { atLeast, atMost } from "./measure/bars.ts";
import { median } from "./measure/median.ts";
import { showTable, writeResults } from "./measure/results.ts";
import {
  type Contestant,
  configPath,
  defaultModel,
  putEnvoyBefore,
  type Run,
  runOnce,
  summaryOf,
} from "./transport/contestants.ts";
import { profileSummary } from "./transport/profile-summary.ts";
import { startBareHttp2, startGoServer, startSignalboxServer } from "./transport/servers.ts";

/**
 * node bench/transport.ts [--quick] [--no-peers] [--profile NAME]
 *
 * What a request costs the sidecar beside a minimal Go server (bench/peers/go-extproc, built here; --no-peers does
 * without Go) that does the same header and body work and has no model. Both through a real Envoy, in turns, so that
 * what else the machine does falls on all alike. Beside them node:http2 with fixed answers, the least that it can cost.
 * --profile tells where signalbox spends its time with cached embeddings,
 * and keeps it as results/DATE-transport-profile-NAME.json.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    profile: { type: "string" },
  },
});
const rounds = values.quick ? 3 : 9;
const requests = values.quick ? 2000 : 5000;
const connections = 32;
/** A machine that others use stands still for 200 ms at times, Envoy's default: not what is measured here. */
const messageTimeoutMs = 2000;
/** V8 compiles what ran often, in steps; the cache of embeddings is full by then. */
const warmUp = 15_000;

const isRepeated = (_: unknown, index: number): boolean => index % 10 < 9;
/** Each is embedded in the first round, which does not count, and cached from then on. */
const cached = mixedBodies(5000).filter(isRepeated);
const named = mixedBodies(5000, "some-model");

if (values.profile !== undefined) {
  await profileAndExit(values.profile);
}

const driver = await startLoadDriver();
const servers = {
  signalbox: await startSignalboxServer(configPath),
  ...(!values["no-peers"] && { go: await startGoServer(defaultModel) }),
  "node:http2 alone": await startBareHttp2(),
};
const contestants: { contestant: Contestant; bodies: readonly string[]; runs: Run[] }[] = [];
for (const [name, server] of Object.entries(servers)) {
  const contestant = await putEnvoyBefore(name, driver, server, { messageTimeoutMs });
  const add = (what: string, bodies: readonly string[]) =>
    contestants.push({ contestant: { ...contestant, name: `${name}, ${what}` }, bodies, runs: [] });
  add("auto", cached);
  if (name !== "node:http2 alone") add("named", named);
}
const bare = await putEnvoyBefore("bare Envoy", driver);
contestants.push({ contestant: bare, bodies: named, runs: [] });

try {
  // Compiles what runs often, opens connections and fills the cache of embeddings.
  for (const { contestant, bodies } of contestants) {
    await runOnce(contestant, driver, { connections, bodies, requests: warmUp, limitSeconds: 30 });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, bodies, runs } of contestants) {
      const job = { connections, bodies, requests, limitSeconds: 8 };
      runs.push(await runOnce(contestant, driver, job));
    }
  }
} finally {
  for (const { contestant } of contestants) await contestant.envoy.child.stop();
  for (const { child } of Object.values(servers)) await child.stop(10_000);
  await driver.close();
}

const rows = contestants.map(({ contestant, runs }) => ({
  name: contestant.name,
  ...summaryOf(runs),
}));
showTable("Through Envoy, 32 connections", rows);

/** Of each round, as both sides of a round saw the same machine; median. */
function ratio(ours: string, theirs: string, of: (run: Run) => number): number {
  const runsOf = (name: string) => contestants.find((one) => one.contestant.name === name)?.runs;
  const others = runsOf(theirs);
  return median((runsOf(ours) ?? []).map((run, round) => of(run) / of(others?.[round] ?? run)));
}
const cpu = (run: Run): number => run.serverCpuSeconds / run.requests;
const rate = (run: Run): number => run.requests / run.seconds;
const [auto, goAuto] = ["signalbox, auto", "go, auto"];
const bars = values["no-peers"]
  ? []
  : [
      atMost("CPU a request, of Go's, embedding cached", ratio(auto, goAuto, cpu), 1.3),
      atLeast("requests a second, of Go's, embedding cached", ratio(auto, goAuto, rate), 0.85),
      atMost("CPU, model named", ratio("signalbox, named", "go, named", cpu), 1.3),
      atLeast("requests a second, named", ratio("signalbox, named", "go, named", rate), 0.85),
    ];
showTable("Bars", bars);
if (!values.quick) {
  console.info(`Raw results: ${writeResults("transport", { rows, bars, contestants: raw() })}`);
}

function raw() {
  return contestants.map(({ contestant, runs }) => ({ name: contestant.name, runs }));
}

async function profileAndExit(name: string): Promise<never> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-profile-"));
  const driver = await startLoadDriver();
  const flags = `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${folder}`;
  const server = await startSignalboxServer(configPath, { NODE_OPTIONS: flags });
  const contestant = await putEnvoyBefore(name, driver, server);
  const job = { connections, bodies: cached, requests: 60_000, limitSeconds: 60 };
  const run = await runOnce(contestant, driver, job);
  await contestant.envoy.child.stop();
  await server.child.stop(30_000);
  await driver.close();
  const summary = profileSummary(folder);
  rmSync(folder, { recursive: true });
  showTable(`${name}: own time of functions`, summary.functions);
  console.info(summary.places);
  console.info(writeResults(`transport-profile-${name}`, { run, ...summary }));
  process.exit();
}

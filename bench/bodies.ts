import { parseArgs } from "node:util";
import { startLoadDriver } from "../e2e/load/driver.ts";
import { atLeast } from "./measure/bars.ts";
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
import { startGoServer, startSignalboxServer } from "./transport/servers.ts";

/**
 * node bench/bodies.ts [--quick] [--no-peers]
 *
 * Bodies of 2 KB to 2 MB through a real Envoy of one worker, buffered and in full duplex, beside the minimal Go server of
 * bench/peers/go-extproc. A body is a long context and a short question for `auto`, whose embedding is cached; both
 * servers put the model in and send the whole body back. In turns; --no-peers does without Go.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
  },
});
const seconds = values.quick ? 0.7 : 2.5;
const rounds = values.quick ? 1 : 2;
const sizes = { "2 KB": 2_000, "20 KB": 20_000, "220 KB": 220_000, "2 MB": 2_000_000 };
const callers = [1, 20, 100];
/** 300 requests a second at 220 KB is more than twice what the gateway inference extension's picker publishes. */
const bar = { size: "220 KB", callers: 100, perSecond: 300 };

const sentence = "The committee met again on Tuesday and found “little” to add. ";
function bodyOf(bytes: number): string {
  const body = (context: string) =>
    JSON.stringify({
      model: "auto",
      messages: [
        { role: "system", content: context },
        { role: "user", content: "Solve the quadratic equation x^2 - 5x + 6 = 0" },
      ],
    });
  const room = bytes - Buffer.byteLength(body(""));
  return body(sentence.repeat(Math.max(0, Math.floor(room / Buffer.byteLength(sentence)))));
}

const driver = await startLoadDriver();
const servers = {
  signalbox: await startSignalboxServer(configPath),
  ...(!values["no-peers"] && { go: await startGoServer(defaultModel) }),
};
// Envoy must not give up on a body that waits for ninety-nine others.
const messageTimeoutMs = 30_000;
const contestants: { server: string; mode: string; contestant: Contestant }[] = [];
for (const [server, extProc] of Object.entries(servers)) {
  for (const [mode, requestBody] of [
    ["buffered", "BUFFERED"],
    ["full duplex", "FULL_DUPLEX_STREAMED"],
  ] as const) {
    const options = { requestBody, messageTimeoutMs };
    contestants.push({
      server,
      mode,
      contestant: await putEnvoyBefore(`${server}, ${mode}`, driver, extProc, options),
    });
  }
}

const measured: { server: string; mode: string; size: string; callers: number; runs: Run[] }[] = [];
try {
  for (const { contestant } of contestants) {
    const job = { connections: 20, bodies: [bodyOf(2000)], requests: 10_000, limitSeconds: 10 };
    await runOnce(contestant, driver, job);
  }
  for (const [size, bytes] of Object.entries(sizes)) {
    for (const connections of callers) {
      const bodies = [bodyOf(bytes)];
      const cells = contestants.map(({ server, mode, contestant }) => {
        const cell = { server, mode, size, callers: connections, runs: [] as Run[] };
        measured.push(cell);
        return { contestant, cell };
      });
      const job = { connections, bodies, requests: 1_000_000, limitSeconds: seconds };
      for (let round = 0; round < rounds; round++) {
        for (const { contestant, cell } of cells) {
          cell.runs.push(await runOnce(contestant, driver, job));
        }
      }
    }
  }
} finally {
  for (const { contestant } of contestants) await contestant.envoy.child.stop();
  for (const { child } of Object.values(servers)) await child.stop(10_000);
  await driver.close();
}

const rows = measured
  .toSorted((a, b) => a.server.localeCompare(b.server) * -1 || a.mode.localeCompare(b.mode))
  .map(({ runs, ...cell }) => ({ ...cell, ...summaryOf(runs) }));
showTable("Bodies through Envoy", rows);
const bars = rows
  .filter(
    (row) => row.server === "signalbox" && row.size === bar.size && row.callers === bar.callers,
  )
  .map((row) =>
    atLeast(`${row.size}, ${row.callers} callers, ${row.mode}`, row.perSecond, bar.perSecond),
  );
showTable("Bars, requests a second", bars);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
console.info(`\nFailed: ${failed}`);
if (!values.quick) console.info(`Raw results: ${writeResults("bodies", { rows, bars })}`);

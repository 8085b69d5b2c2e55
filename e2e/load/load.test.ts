import { afterAll, beforeAll, expect, test } from "vitest";
import { mixedBodies } from "./queries.ts";
import { type LoadStack, startLoad } from "./start-load.ts";

/** Twenty times what Node's own limit on stream resets lets through at once. */
const requests = 20_000;

let stack: LoadStack;
beforeAll(async () => {
  // Without selectors, so that the rate is the highest; and a busy machine must not pass for a broken connection.
  stack = await startLoad({ config: "minimal.yaml", messageTimeoutMs: 5000 });
});
afterAll(() => stack.stop());

test("20,000 requests at full speed over one ext_proc connection: none fails", async () => {
  const { driver, routing } = stack;
  const bodies = mixedBodies(requests);
  const result = await driver.run({ port: routing.port, connections: 32, bodies, requests });
  console.info(
    `${requests} requests in ${result.seconds.toFixed(1)} s, ${Math.round(requests / result.seconds)} a second; ` +
      `p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms; ` +
      `${result.defaulted} of them by the default model`,
  );
  expect(result.failures).toEqual({});
  expect(result.routed).toBe(requests);
  expect(await routing.stat("cluster.signalbox.upstream_cx_total")).toBe(1);
});

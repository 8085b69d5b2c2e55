import { afterEach, beforeEach, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import { openGate } from "./gate.ts";
import { everydayQuery, mathQuery, startWire, type Wire } from "./start-wire.ts";

const gate = openGate();
let wire: Wire;

beforeEach(async () => {
  wire = await startWire({ beforeAnswer: gate.pass });
});
afterEach(() => wire.stop());

const body = chatBody(mathQuery);

test("with signalbox killed, a gateway that fails open passes requests as they are", async () => {
  const open = await wire.envoy({ failOpen: true });
  const closed = await wire.envoy({ failOpen: false });
  expect((await ask(open.url, { body })).headers["x-vsr-selected-model"]).toBe("solver");
  wire.signalbox.child.signal("SIGKILL");
  await wire.signalbox.child.exited;
  wire.everyday.forget();
  const answer = await ask(open.url, { body });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text).model).toBe("everyday");
  expect(wire.everyday.received()[0]?.body.toString()).toBe(body);
  expect((await ask(closed.url, { body })).status).toBe(500);
});

test("with signalbox killed, no client chooses the backend where the gateway removes its headers early", async () => {
  const headers = { "x-selected-model": "solver" };
  const passing = await wire.envoy({ failOpen: true });
  const removing = await wire.envoy({ failOpen: true, removeForged: true });
  const routed = await ask(removing.url, { body, headers: { "x-selected-model": "everyday" } });
  expect(JSON.parse(routed.text).model).toBe("solver");
  wire.signalbox.child.signal("SIGKILL");
  await wire.signalbox.child.exited;
  const model = async (url: string) => JSON.parse((await ask(url, { body, headers })).text).model;
  expect(await model(passing.url)).toBe("solver");
  expect(await model(removing.url)).toBe("everyday");
});

test("signalbox killed while requests wait for their backend: they are answered", async () => {
  const envoy = await wire.envoy({ failOpen: true });
  gate.hold();
  const waiting = Array.from({ length: 5 }, () => ask(envoy.url, { body }));
  await expect.poll(() => wire.solver.received().length).toBe(5);
  wire.signalbox.child.signal("SIGKILL");
  await wire.signalbox.child.exited;
  gate.release();
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200);
});

/** The backend holds its answer back while signalbox is told to stop. */
async function drainWithOneInFlight() {
  const envoy = await wire.envoy({ failOpen: true });
  gate.hold();
  const inFlight = ask(envoy.url, { body });
  await expect.poll(() => wire.solver.received().length).toBe(1);
  wire.signalbox.child.signal("SIGTERM");
  await expect.poll(() => readyStatus(wire)).not.toBe(200);
  return { envoy, inFlight };
}

test("SIGTERM lets requests in flight end, takes no new ones, and exits 0", async () => {
  const { envoy, inFlight } = await drainWithOneInFlight();
  expect(wire.signalbox.child.exit()).toBeUndefined();
  gate.release();
  const answer = await inFlight;
  expect(answer.status).toBe(200);
  expect(answer.headers["x-vsr-selected-model"]).toBe("solver");
  expect(await wire.signalbox.child.exited).toEqual({ code: 0, signal: null });
  expect((await ask(envoy.url, { body: chatBody(everydayQuery) })).status).toBe(200);
});

test("a second SIGTERM ends at once, and requests in flight are still answered", async () => {
  const { inFlight } = await drainWithOneInFlight();
  wire.signalbox.child.signal("SIGTERM");
  expect(await wire.signalbox.child.exited).toEqual({ code: 1, signal: null });
  gate.release();
  expect((await inFlight).status).toBe(200);
});

async function readyStatus({ signalbox }: Wire): Promise<number | undefined> {
  const answer = await fetch(`${signalbox.apiUrl}/ready`).catch(() => undefined);
  return answer?.status;
}

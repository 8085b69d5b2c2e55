import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, chatBody } from "../ask.ts";
import { startLoadDriver } from "../load/driver.ts";
import { mixedBodies } from "../load/queries.ts";
import { type MockLlm, startMockLlm } from "../mock-llm/start-mock-llm.ts";
import { runSignalbox } from "../run-signalbox.ts";
import { type Envoy, startEnvoy } from "../start-envoy.ts";
import { type Signalbox, startSignalbox } from "../start-signalbox.ts";
import { openGate } from "../wire/gate.ts";
import { everydayQuery } from "../wire/start-wire.ts";
import { type ConfigMap, mountConfigMap } from "./config-map.ts";
import { otherBytes } from "./other-bytes.ts";
import { configStatus, untilStatus } from "./status.ts";

const selectors = join(import.meta.dirname, "../../models/default/selectors");
const kmeans = readFileSync(join(selectors, "kmeans_model.safetensors"));

const models = ["mathstral-7B", "Yi-34B", "one", "two"];

const gate = openGate();
const folder = mkdtempSync(join(tmpdir(), "signalbox-e2e-reload-"));
/** Two models of the built-in file; whatever no decision claims goes to `everyday`. */
const config = (everyday: string) => `default_model: ${everyday}
model_selection: { ml: { models_path: ${folder} } }
decisions:
  - name: sums
    rules: { operator: OR, conditions: [{ type: domain, name: math }, { type: domain, name: physics }] }
    modelRefs: [{ model: mathstral-7B }, { model: Yi-34B }]
    algorithm: { type: kmeans }
limits: { deadline_ms: 5000 }
`;
let map: ConfigMap;
let llm: MockLlm;
let signalbox: Signalbox;
let envoy: Envoy;

beforeAll(async () => {
  map = mountConfigMap(folder, {
    "config.yaml": config("one"),
    "kmeans_model.safetensors": kmeans,
  });
  llm = await startMockLlm({ model: "any", beforeAnswer: gate.pass });
  signalbox = await startSignalbox({ config: map.path("config.yaml") });
  envoy = await startEnvoy({
    backends: Object.fromEntries(models.map((model) => [model, llm.port])),
    defaultBackend: "one",
    extProcPort: signalbox.grpcPort,
    messageTimeoutMs: 6000,
  });
});
afterAll(async () => {
  await envoy?.child.stop();
  await signalbox?.child.stop();
  await llm?.close();
  await rm(folder, { recursive: true, force: true });
});

const modelOf = async (query: string) =>
  (await ask(envoy.url, { body: chatBody(query) })).headers["x-vsr-selected-model"];

test("a ConfigMap that is swapped again and again under load: no request fails, and the last version serves", async () => {
  const swaps = 6;
  const driver = await startLoadDriver();
  const backends = Object.fromEntries(models.map((model) => [model, driver.backendPort]));
  const loaded = await startEnvoy({
    backends,
    defaultBackend: "one",
    extProcPort: signalbox.grpcPort,
    messageTimeoutMs: 6000,
  });
  try {
    const before = await configStatus(signalbox);
    const bodies = mixedBodies(3000);
    const job = {
      port: loaded.port,
      connections: 8,
      bodies,
      requests: 1_000_000,
      limitSeconds: 600,
    };
    let done = false;
    const rounds = (async () => {
      const results = [];
      while (!done) results.push(await driver.run({ ...job, requests: 500 }));
      return results;
    })();
    for (let swap = 1; swap <= swaps; swap++) {
      map.update({
        "config.yaml": config(swap % 2 ? "two" : "one"),
        ...(swap % 3 === 0 && { "kmeans_model.safetensors": otherBytes(kmeans, swap) }),
      });
      await untilStatus(signalbox, ({ generation }) => generation === before.generation + swap);
    }
    done = true;
    const results = await rounds;
    for (const { failures, routed, requests } of results) {
      expect(failures).toEqual({});
      expect(routed).toBe(requests);
    }
    expect(results.length).toBeGreaterThan(0);
    expect(await loaded.stat("cluster.signalbox.upstream_cx_total")).toBe(1);
  } finally {
    await loaded.child.stop();
    await driver.close();
  }
  expect(await modelOf(everydayQuery)).toBe("one");
  await untilStatus(signalbox, ({ routers_open }) => routers_open === 1);
});

test("a stream keeps the router that it began with, which is closed after it", async () => {
  gate.hold();
  llm.forget();
  const inFlight = ask(envoy.url, { body: chatBody(everydayQuery) });
  await expect.poll(() => llm.received().length).toBe(1);
  const { generation } = await configStatus(signalbox);
  map.update({ "config.yaml": config("two") });
  await untilStatus(signalbox, (status) => status.generation === generation + 1);
  expect((await configStatus(signalbox)).routers_open).toBe(2);
  gate.release();
  expect((await inFlight).headers["x-vsr-selected-model"]).toBe("one");
  expect(await modelOf(everydayQuery)).toBe("two");
  await untilStatus(signalbox, ({ routers_open }) => routers_open === 1);
});

test("a configuration that is wrong changes nothing but the status, the log and the metrics", async () => {
  const good = await configStatus(signalbox);
  map.update({ "config.yaml": `${config("one")}oops: [` });
  const status = await untilStatus(signalbox, ({ last_error }) => last_error !== null);
  expect(status).toMatchObject({
    generation: good.generation,
    config_hash: good.config_hash,
    last_attempt: { trigger: "files", result: "failed" },
    last_error: { code: "config_invalid", message: expect.stringContaining("not valid YAML") },
  });
  expect(await modelOf(everydayQuery)).toBe("two");
  const metrics = await (await fetch(signalbox.metricsUrl)).text();
  expect(metrics).toContain("signalbox_config_last_reload_successful 0\n");
  expect(metrics).toContain('signalbox_config_reloads_total{result="failed"} 1\n');
  expect(metrics).toContain(`signalbox_config_info{hash="${good.config_hash}"} 1\n`);
  await expect.poll(() => signalbox.child.output()).toContain("config_reload_failed");
  map.update({ "config.yaml": config("two") });
  await untilStatus(signalbox, ({ last_error }) => last_error === null);
});

test("the log level is that of the configuration that serves", async () => {
  const hashOf = (query: string) => createHash("sha256").update(query).digest("hex").slice(0, 12);
  const [quiet, loud] = ["What is new in Rome?", "What is new in Oslo?"];
  for (const [level, query] of [
    ["error", quiet],
    ["info", loud],
  ] as const) {
    const { generation } = await configStatus(signalbox);
    map.update({ "config.yaml": `${config("two")}observability: { log_level: ${level} }\n` });
    await untilStatus(signalbox, (status) => status.generation === generation + 1);
    await modelOf(query);
  }
  await expect.poll(signalbox.child.output, { timeout: 10_000 }).toContain(hashOf(loud));
  expect(signalbox.child.output()).not.toContain(hashOf(quiet));
});

test("SIGHUP does the same, and keeps the process", async () => {
  signalbox.child.signal("SIGHUP");
  await untilStatus(signalbox, ({ last_attempt }) => last_attempt.trigger === "signal");
  const status = await configStatus(signalbox);
  expect(status).toMatchObject({ last_attempt: { result: "unchanged" }, last_error: null });
  expect(await modelOf(everydayQuery)).toBe("two");
});

test("a start that cannot load its models ends, with exit code 2 and the reason", async () => {
  const path = join(folder, "elsewhere.yaml");
  writeFileSync(path, config("one").replace(folder, join(folder, "nowhere")));
  const ports = ["--port", "0", "--api-port", "0", "--metrics-port", "0"];
  const run = runSignalbox(["serve", "--config", path, "--host", "127.0.0.1", ...ports]);
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("[model_not_found]"),
  });
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { checkEnvoy } from "../../src/doctor/check-envoy.ts";
import type { FindingId } from "../../src/doctor/findings.ts";
import { parseManifests } from "../../src/doctor/read-manifests.ts";
import { overlayText } from "../../src/doctor/testing/overlay.ts";
import { ask, chatBody } from "../ask.ts";
import { mathQuery, startWire, type Wire } from "../wire/start-wire.ts";
import { type Manifest, startKubeApi } from "./kube-api.ts";
import { problemIds, runDoctor } from "./run-doctor.ts";

const root = join(import.meta.dirname, "../..");
const wireConfig = join(root, "e2e/wire/wire.yaml");
const folder = mkdtempSync(join(tmpdir(), "signalbox-doctor-"));
let wire: Wire;

beforeAll(async () => {
  wire = await startWire();
});
afterAll(async () => {
  await wire?.stop();
  await rm(folder, { recursive: true, force: true });
});

const askEnvoy = (url: string) =>
  runDoctor(["--envoy-admin", url, "--config", wireConfig, "--signalbox", wire.signalbox.apiUrl]);

test("a real Envoy that is as it should be: exit code 0", async () => {
  const envoy = await wire.envoy({ failOpen: true });
  expect((await ask(envoy.url, { body: chatBody(mathQuery) })).status).toBe(200);
  const diagnosis = await askEnvoy(envoy.adminUrl);
  expect(diagnosis).toMatchObject({ code: 0, healthy: true, err: "" });
  expect(diagnosis.findings.map(({ id }) => id)).toEqual(["fail-open"]);
});

test("a real Envoy with what is wrong most often: exit code 1, and each by name", async () => {
  const envoy = await wire.envoy({
    messageTimeoutMs: 200,
    requestBody: "BUFFERED_PARTIAL",
    responseBody: "BUFFERED",
    failOpen: false,
  });
  const diagnosis = await askEnvoy(envoy.adminUrl);
  expect(diagnosis.code).toBe(1);
  expect(problemIds(diagnosis)).toEqual([
    "message-timeout-short",
    "body-partial",
    "response-body-sent",
    "fail-closed",
  ]);
  expect(diagnosis.findings[0]).toMatchObject({
    where: "listener http: http_filters[0] (signalbox): message_timeout",
    found: "message timeout 200 ms; signalbox's deadline is 5000 ms",
  });
});

/** The dump of a real Envoy, as text, to be changed. */
async function realDump() {
  const envoy = await wire.envoy({ failOpen: true });
  const { configs } = (await (await fetch(`${envoy.adminUrl}/config_dump`)).json()) as {
    readonly configs: readonly object[];
  };
  // The bootstrap says again what listeners and clusters are.
  const dump = JSON.stringify({ configs: configs.slice(1) }, undefined, 1);
  const known = { nodeMajor: 24 };
  const idsOf = (text: string, stats: readonly (readonly [string, number])[] = []) =>
    checkEnvoy({ dump: JSON.parse(text), stats: new Map(stats) }, known)
      .filter(({ severity }) => severity !== "info")
      .map(({ id }) => id);
  return { dump, idsOf };
}

test("a real dump, changed in one place: each finding", async () => {
  const { dump, idsOf } = await realDump();
  expect(idsOf(dump)).toEqual([]);
  const extProc = `{\n "name": "ai-gateway-extproc", "typed_config": { "@type": "x.ext_proc.v3.ExternalProcessor" } }, `;
  const changes: readonly (readonly [FindingId, RegExp, string])[] = [
    ["buffer-limit", /("per_connection_buffer_limit_bytes": )\d+/, "$132768"],
    ["buffer-limit-small", /("per_connection_buffer_limit_bytes": )\d+/, "$1100000"],
    ["message-timeout", /"message_timeout": "6s"/, '"message_timeout": "0.200s"'],
    ["message-timeout", /"message_timeout": "6s",?/, ""],
    [
      "body-not-sent",
      /"request_body_mode": "BUFFERED",([\s\S]*?)"allow_mode_override": true/,
      '$1"allow_mode_override": false',
    ],
    ["request-not-sent", /"request_header_mode": "SEND"/, '"request_header_mode": "SKIP"'],
    [
      "response-headers-skipped",
      /"response_header_mode": "SEND"/,
      '"response_header_mode": "SKIP"',
    ],
    [
      "observe-only",
      /"allow_mode_override": true/,
      '"allow_mode_override": true, "observability_mode": true',
    ],
    [
      "route-cache-kept",
      /"allow_mode_override": true/,
      '"allow_mode_override": true, "route_cache_action": "RETAIN"',
    ],
    [
      "no-ext-proc",
      /("name": "signalbox",\s+"typed_config": \{\s+"@type": "[^"]*ExternalProcessor")/,
      '"disabled": true, $1',
    ],
    ["parallel-requests", /"max_requests": 4096/g, '"max_requests": 100'],
    ["route-timeout", /,\s+"timeout": "60s"/g, ""],
  ];
  for (const [id, from, to] of changes) {
    const changed = dump.replace(from, to);
    expect(changed, id).not.toBe(dump);
    expect(idsOf(changed), id).toContain(id);
  }
  const signalboxFirst = dump.replace(/"http_filters": \[/, `"http_filters": [ ${extProc}`);
  const all = checkEnvoy({ dump: JSON.parse(signalboxFirst), stats: new Map() }, { nodeMajor: 24 });
  expect(all.map(({ id }) => id)).toContain("ai-gateway-first");
});

test("an old Node behind a real Envoy, unless it closes streams gracefully", async () => {
  const { dump } = await realDump();
  const idsOf = (text: string) =>
    checkEnvoy({ dump: JSON.parse(text), stats: new Map() }, { nodeMajor: 20 }).map(({ id }) => id);
  expect(idsOf(dump)).toContain("reset-limit");
  const graceful = dump.replace(
    '"configs": [',
    '"configs": [ { "bootstrap": { "layered_runtime": { "layers": [{ "static_layer": { "envoy.reloadable_features.ext_proc_graceful_grpc_close": true } }] } } },',
  );
  expect(idsOf(graceful)).not.toContain("reset-limit");
});

test("a filter that is on for routes only needs a route for every request", async () => {
  const { dump, idsOf } = await realDump();
  const own = { signalbox: { "@type": "x", overrides: {} } };
  const onRoutes = JSON.parse(dump);
  const manager = onRoutes.configs.find(
    (one: { static_listeners?: unknown }) => one.static_listeners,
  ).static_listeners[0].listener.filter_chains[0].filters[0].typed_config;
  manager.http_filters[0].disabled = true;
  const [host] = manager.route_config.virtual_hosts;
  for (const route of host.routes) route.typed_per_filter_config = own;
  expect(idsOf(JSON.stringify(onRoutes))).toEqual([]);
  host.routes = host.routes.slice(0, -1);
  expect(idsOf(JSON.stringify(onRoutes))).toEqual(["catch-all-missing"]);
});

test("counters of a real Envoy whose signalbox was killed", async () => {
  const own = await startWire();
  onTestFinished(() => own.stop());
  const envoy = await own.envoy({ failOpen: true });
  own.signalbox.child.signal("SIGKILL");
  await own.signalbox.child.exited;
  expect((await ask(envoy.url, { body: chatBody(mathQuery) })).status).toBe(200);
  const ids = problemIds(await runDoctor(["--envoy-admin", envoy.adminUrl]));
  expect(ids).toEqual(
    expect.arrayContaining(["streams-failed-seen", "unrouted-seen", "reset-limit"]),
  );
});

const kubectl = (() => {
  try {
    execFileSync("kubectl", ["version", "--client"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(
      "signalbox: kubectl is not installed; doctor's cluster and kustomization are not tested",
    );
    return false;
  }
})();

test.skipIf(!kubectl)("a folder with a kustomization, as gateway-resources has them", async () => {
  const overlay = join(root, "gateway-resources/overlays/ai-gateway");
  expect(await runDoctor(["--manifests", overlay])).toMatchObject({ code: 0, healthy: true });
});

test("manifests from standard input, a file and a folder", async () => {
  const text = overlayText("ai-gateway").replace("bufferLimit: 50Mi", "");
  writeFileSync(join(folder, "all.yaml"), text);
  for (const [path, input] of [["-", text], [join(folder, "all.yaml")], [folder]]) {
    const diagnosis = await runDoctor(["--manifests", path as string], input);
    expect(diagnosis.code, path).toBe(1);
    expect(problemIds(diagnosis), path).toEqual(["buffer-limit"]);
  }
});

test("nothing to look at: exit code 2 and the reason", async () => {
  const { code, err } = await runDoctor([]);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("--envoy-admin") });
});

const gatewayApi = "gateway.networking.k8s.io/v1";
const envoyApi = "gateway.envoyproxy.io/v1alpha1";
const versions = {
  v1: ["Service", "ConfigMap"],
  [gatewayApi]: ["Gateway", "HTTPRoute"],
  [envoyApi]: ["ClientTrafficPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy", "Backend"],
};
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "signalbox", namespace: "default" },
};

function kubeconfig(url: string): string {
  const path = join(folder, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: url } }],
    contexts: [{ name: "test", context: { cluster: "test" } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

test.skipIf(!kubectl)("a cluster, through kubectl: its resources and their status", async () => {
  const text = overlayText("envoy-gateway");
  const whole = parseManifests(text, "all.yaml").map(({ tree }) => tree as Manifest);
  const refused = whole.map((one) =>
    one.kind === "EnvoyExtensionPolicy"
      ? {
          ...one,
          status: {
            ancestors: [
              {
                conditions: [
                  {
                    type: "Accepted",
                    status: "False",
                    reason: "Invalid",
                    message: "no such field",
                  },
                ],
              },
            ],
          },
        }
      : one,
  );
  for (const [manifests, want] of [
    [[...whole, service], []],
    [[...refused, service], ["not-accepted"]],
    [whole, ["ext-proc-backend-missing"]],
    [[...whole.filter(({ kind }) => kind !== "ClientTrafficPolicy"), service], ["buffer-limit"]],
  ] as const) {
    const api = await startKubeApi(manifests, versions);
    const diagnosis = await runDoctor(["--kubeconfig", kubeconfig(api.url)]);
    await api.close();
    expect(diagnosis.err).toBe("");
    expect(problemIds(diagnosis)).toEqual(want);
    expect(diagnosis.code).toBe(want.length > 0 ? 1 : 0);
    // A cluster without AI Gateway has none of its kinds.
    expect(api.asked.some((path) => path.includes("aigateway"))).toBe(false);
  }
});

test.skipIf(!kubectl)(
  "a cluster that refuses, is none of Envoy Gateway's, or is not there: exit code 2",
  async () => {
    const closed = await startKubeApi([], versions, true);
    const refused = await runDoctor(["--kubeconfig", kubeconfig(closed.url)]);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining("[doctor_failed] kubectl get"),
    });
    await closed.close();
    const api = await startKubeApi([], { v1: ["Service", "ConfigMap"] });
    const plain = await runDoctor(["--kubeconfig", kubeconfig(api.url)]);
    expect(plain).toMatchObject({ code: 2, err: expect.stringContaining("no Gateway API") });
    await api.close();
    const gone = await runDoctor(["--kubeconfig", kubeconfig(api.url)]);
    expect(gone).toMatchObject({
      code: 2,
      err: expect.stringContaining("[doctor_failed] kubectl get"),
    });
  },
);

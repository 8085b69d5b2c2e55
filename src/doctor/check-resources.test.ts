import { expect, test } from "vitest";
import { RouterConfig } from "../config/schema.ts";
import type { Known } from "./check-path.ts";
import { checkResources } from "./check-resources.ts";
import type { FindingId } from "./findings.ts";
import { parseManifests } from "./read-manifests.ts";
import { problemsAmong } from "./report.ts";
import { overlays, overlayText } from "./testing/overlay.ts";

const models = ["llama-3.2-1b", "llama-3.2-3b", "codellama-7b", "mistral-7b"];
const configOf = (chosen: readonly string[], more: object = {}) =>
  RouterConfig.parse({
    default_model: "mistral-7b",
    decisions: [
      {
        name: "all",
        rules: { operator: "OR", conditions: [{ type: "domain", name: "math" }] },
        modelRefs: chosen.map((model) => ({ model })),
      },
    ],
    ...more,
  });
const known: Known = { config: configOf(models) };

const problemsOf = (text: string, about = known, whole = false) =>
  problemsAmong(checkResources(parseManifests(text, "all.yaml"), about, whole));

test.each(Object.keys(overlays))("gateway-resources/overlays/%s: no problem", (name) => {
  expect(problemsOf(overlayText(name))).toEqual([]);
});

interface Row {
  readonly what: string;
  readonly overlay?: string;
  /** Replaced everywhere. */
  readonly change?: readonly [string | RegExp, string];
  readonly about?: Known;
  readonly id: FindingId;
  readonly at: string;
}

const policy = "EnvoyExtensionPolicy default/signalbox: spec.extProc[0]";
const rows: readonly Row[] = [
  {
    what: "no ClientTrafficPolicy",
    change: [/^kind: ClientTrafficPolicy$/gm, "kind: BackendTrafficPolicy"],
    id: "buffer-limit",
    at: "Gateway default/signalbox: no ClientTrafficPolicy is for it",
  },
  {
    what: "a ClientTrafficPolicy without bufferLimit",
    change: ["bufferLimit: 50Mi", "socketBufferLimit: 50Mi"],
    id: "buffer-limit",
    at: "ClientTrafficPolicy default/signalbox: spec.connection.bufferLimit",
  },
  {
    what: "a buffer smaller than the bodies that signalbox takes",
    change: ["bufferLimit: 50Mi", "bufferLimit: 4Mi"],
    id: "buffer-limit-small",
    at: "spec.connection.bufferLimit",
  },
  {
    what: "the default message timeout",
    change: ["messageTimeout: 1s", ""],
    id: "message-timeout",
    at: `${policy}.messageTimeout`,
  },
  {
    what: "a deadline beyond the message timeout",
    about: { config: configOf(models, { limits: { deadline_ms: 1500 } }) },
    id: "message-timeout-short",
    at: `${policy}.messageTimeout`,
  },
  {
    what: "no last rule",
    overlay: "envoy-gateway",
    change: [/\n {4}# Everything else[\s\S]*/, "\n"],
    id: "catch-all-missing",
    at: "HTTPRoute default/signalbox: spec.rules[0]",
  },
  {
    what: "a last rule for another path",
    overlay: "envoy-gateway",
    change: [
      "# as the longest stream.\n    - backendRefs:",
      "- matches: [{ path: { type: PathPrefix, value: /docs } }, { method: GET }, { headers: [{ name: x, value: y }] }]\n      backendRefs:",
    ],
    id: "catch-all-missing",
    at: "HTTPRoute default/signalbox: spec.rules[0]",
  },
  {
    what: "AI Gateway's rules without modelNameOverride, tokens counted",
    change: ["          modelNameOverride: llama-3.2-1b\n", ""],
    id: "body-rewrite-lost",
    at: "AIGatewayRoute default/signalbox: spec.rules[0].backendRefs",
  },
  {
    what: "no limit of requests for a connection",
    change: ["maxRequestsPerConnection: 500", ""],
    id: "reset-limit",
    at: `${policy}.backendSettings.circuitBreaker.maxRequestsPerConnection`,
  },
  {
    what: "no limit of requests at once",
    change: ["maxParallelRequests: 10000", ""],
    id: "parallel-requests",
    at: `${policy}.backendSettings.circuitBreaker.maxParallelRequests`,
  },
  {
    what: "failing closed",
    change: ["failOpen: true", ""],
    id: "fail-closed",
    at: `${policy}.failOpen`,
  },
  {
    what: "full duplex that is to fail open",
    change: ["body: Buffered", "body: FullDuplexStreamed"],
    id: "full-duplex-fail-open",
    at: `${policy}.failOpen`,
  },
  {
    what: "no body",
    change: [/allowModeOverride: true[\s\S]*body: Buffered/, "request: {}"],
    id: "body-not-sent",
    at: `${policy}.processingMode.request.body`,
  },
  {
    what: "a body in chunks, too late",
    change: [/allowModeOverride: true([\s\S]*)body: Buffered/, "$1body: Streamed"],
    id: "body-not-sent",
    at: `${policy}.processingMode.request.body`,
  },
  {
    what: "the beginning of a body",
    change: ["body: Buffered", "body: BufferedPartial"],
    id: "body-partial",
    at: `${policy}.processingMode.request.body`,
  },
  {
    what: "no request at all",
    change: [/ {8}request:\n.*\n.*body: Buffered\n/, ""],
    id: "request-not-sent",
    at: `${policy}.processingMode.request`,
  },
  {
    what: "no response headers",
    change: [" response: {}", ""],
    id: "response-headers-skipped",
    at: `${policy}.processingMode.response`,
  },
  {
    what: "response bodies",
    change: [" response: {}", " response: { body: Streamed }"],
    id: "response-body-sent",
    at: `${policy}.processingMode.response.body`,
  },
  {
    what: "a policy in shadow mode",
    change: ["failOpen: true", "failOpen: true\n      shadowMode: true"],
    id: "observe-only",
    at: `${policy}.shadowMode`,
  },
  {
    what: "a Backend that is not there",
    change: [
      "- kind: Service\n          name: signalbox",
      "- group: gateway.envoyproxy.io\n          kind: Backend\n          name: signalbox",
    ],
    id: "ext-proc-backend-missing",
    at: `${policy}.backendRefs[0]`,
  },
  {
    what: "a policy for another Gateway",
    change: [/(kind: EnvoyExtensionPolicy[\s\S]*?kind: Gateway\n {6}name: )signalbox/, "$1gate"],
    id: "target-missing",
    at: "EnvoyExtensionPolicy default/signalbox: spec.targetRefs[0]",
  },
  {
    what: "no policy",
    change: [/^kind: EnvoyExtensionPolicy$/m, "kind: SecurityPolicy"],
    id: "no-ext-proc",
    at: "Gateway default/signalbox",
  },
  {
    what: "a timeout that is not set",
    overlay: "envoy-gateway",
    change: [/ {6}timeouts:\n {8}request: 600s\n/, ""],
    id: "route-timeout",
    at: "HTTPRoute default/signalbox: spec.rules[0].timeouts.request",
  },
  {
    what: "a model that no rule matches",
    about: { config: configOf([...models, "gpt-oss-20b"]) },
    id: "model-without-route",
    at: "Gateway default/signalbox",
  },
  {
    what: "a rule for a model that is not configured",
    about: { config: configOf(models.slice(1)) },
    id: "route-without-model",
    at: "spec.rules[0].matches",
  },
  {
    what: "a configuration that keeps the route cache",
    about: { config: configOf(models, { clear_route_cache: false }) },
    id: "route-cache-kept",
    at: "signalbox's configuration: clear_route_cache",
  },
  {
    what: "a patch whose filter has no timeout",
    overlay: "ai-gateway-patched",
    change: ["message_timeout: 1s", ""],
    id: "message-timeout",
    at: "EnvoyPatchPolicy default/signalbox: spec.jsonPatches[0].operation.value.typed_config.message_timeout",
  },
  {
    what: "a patch whose cluster has HTTP/1",
    overlay: "ai-gateway-patched",
    change: [/explicit_http_config:\n *http2_protocol_options: \{\}/, ""],
    id: "ext-proc-http1",
    at: "spec.jsonPatches[0].operation.value.typed_config",
  },
  {
    what: "both policies",
    overlay: "both",
    id: "asked-twice",
    at: policy,
  },
];

test.each(rows)("$what: $id", ({ overlay = "ai-gateway", change, about = known, id, at }) => {
  const base =
    overlay === "both"
      ? `${overlayText("envoy-gateway-patched")}---\n${overlayText("envoy-gateway")
          .split("---\n")
          .find((one) => one.includes("kind: EnvoyExtensionPolicy"))}`
      : overlayText(overlay);
  const text = change ? base.replace(...(change as [string, string])) : base;
  if (change) expect(text).not.toBe(base);
  const found = problemsOf(text, about);
  expect(found.map((one) => one.id)).toContain(id);
  const { where } = found.find((one) => one.id === id) ?? {};
  expect(where).toContain(at);
});

test("a line that is named is the one that is meant", () => {
  const text = overlayText("ai-gateway").replace("messageTimeout: 1s", "messageTimeout: 100ms");
  const line = text.split("\n").findIndex((one) => one.includes("messageTimeout: 100ms")) + 1;
  expect(problemsOf(text)).toMatchObject([
    { id: "message-timeout-short", where: expect.stringMatching(`^all.yaml:${line}: `) },
  ]);
});

test("a rule by regular expression serves the models that it matches, and no others", () => {
  const text = overlayText("envoy-gateway").replace(
    "type: Exact\n              name: x-selected-model\n              value: llama-3.2-1b",
    "type: RegularExpression\n              name: x-selected-model\n              value: llama-.*-1b|(?i:gpt).*",
  );
  const withModel = (model: string) => problemsOf(text, { config: configOf([...models, model]) });
  expect(withModel("llama-4-1b")).toEqual([]);
  expect(withModel("llama-4-8b")).toMatchObject([{ id: "model-without-route" }]);
});

test("Node 24 has no reset limit; an older one that is known makes it an error", () => {
  const text = overlayText("ai-gateway").replace("maxRequestsPerConnection: 500", "");
  expect(problemsOf(text, { ...known, nodeMajor: 24 })).toEqual([]);
  expect(problemsOf(text, { ...known, nodeMajor: 20 })).toMatchObject([
    { id: "reset-limit", severity: "error" },
  ]);
});

const status = (type: string, reason: string) => `
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyPatchPolicy
metadata: { name: other, namespace: default }
spec: { targetRef: { kind: Gateway, name: signalbox } }
status:
  ancestors:
    - conditions:
        - { type: ${type}, status: "False", reason: ${reason}, message: as it is }
        - { type: Overridden, status: "False", reason: Fine, message: of no interest }
`;

test.each([
  ["Accepted", "Invalid", "not-accepted"],
  ["Programmed", "Invalid", "not-accepted"],
  ["Programmed", "Disabled", "patch-policy-disabled"],
] as const)("status %s False, %s: %s", (type, reason, id) => {
  const found = problemsOf(`${overlayText("ai-gateway")}---${status(type, reason)}`);
  expect(found).toMatchObject([
    {
      id,
      found: `${type} is False (${reason}): as it is`,
      where: expect.stringContaining(": status"),
    },
  ]);
});

const chart = (apis: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: envoy-gateway-config, namespace: envoy-gateway-system }
data:
  envoy-gateway.yaml: |
    apiVersion: gateway.envoyproxy.io/v1alpha1
    kind: EnvoyGateway
    extensionApis: ${apis}
`;

test("Envoy Gateway's own configuration: patches and Backends must be allowed", () => {
  const text = overlayText("ai-gateway-patched");
  const ids = (apis: string) => problemsOf(`${text}---${chart(apis)}`).map(({ id }) => id);
  expect(ids("{}")).toEqual(["patch-policy-disabled", "backend-api-disabled"]);
  expect(ids("{ enableEnvoyPatchPolicy: true, enableBackend: true }")).toEqual([]);
});

test("a Service that does not exist is one in a cluster, where everything is seen", () => {
  expect(problemsOf(overlayText("ai-gateway"), known, true)).toMatchObject([
    { id: "ext-proc-backend-missing", found: "no Service default/signalbox" },
  ]);
});

test("Gateways that have nothing to do with signalbox are left alone", () => {
  const other = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec: { parentRefs: [{ name: web }], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
`;
  expect(problemsOf(`${overlayText("ai-gateway")}---${other}`)).toEqual([]);
  expect(problemsOf(other).map(({ id }) => id)).toEqual(["no-ext-proc"]);
});

test("another processor beside signalbox's is not judged as if it were signalbox's", () => {
  const text = overlayText("envoy-gateway").replace(
    "  extProc:\n",
    "  extProc:\n    - backendRefs: [{ kind: Service, name: guard, port: 9000 }]\n",
  );
  expect(problemsOf(text)).toEqual([]);
});

import { expect, test } from "vitest";
import { checkResources } from "./check-resources.ts";
import { parseManifests } from "./read-manifests.ts";
import { problemsAmong } from "./report.ts";
import { overlayText } from "./testing/overlay.ts";

const ours = overlayText("envoy-gateway");
const problemsOf = (text: string, whole = false) =>
  problemsAmong(checkResources(parseManifests(text, "all.yaml"), {}, whole)).map(
    ({ id, where }) => `${id} ${where.replace(/^all.yaml:\d+: /, "")}`,
  );

const refused = `conditions: [{ type: ResolvedRefs, status: "False", reason: BackendNotFound, message: x }]`;
const route = (name: string, gateway: string, spec: string, status: string) => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: default }
spec: { parentRefs: [{ name: ${gateway} }], ${spec} }
status: ${status}
`;
const rule = "backendRefs: [{ name: shop, port: 80 }], timeouts: { request: 60s }";

/** Of another team: everything about it is wrong, and nothing of it is on signalbox's way. */
const others = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: istio, namespace: default }
status: { conditions: [{ type: Programmed, status: "False", reason: Invalid, message: x }] }
${route("shop", "istio", `rules: [{ ${rule} }]`, `{ parents: [{ parentRef: { name: istio }, ${refused} }] }`)}
${route("lost", "nowhere", `rules: [{ ${rule} }]`, "{}")}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata: { name: guard, namespace: default }
spec:
  targetRefs: [{ kind: Gateway, name: nowhere }]
  extProc: [{ backendRefs: [{ kind: Backend, group: gateway.envoyproxy.io, name: guard, port: 9000 }] }]
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyPatchPolicy
metadata: { name: shop, namespace: default }
spec: { targetRef: { kind: Gateway, name: istio } }
status: { ancestors: [{ conditions: [{ type: Accepted, status: "False", reason: Invalid, message: x }] }] }
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: { name: shop-of-others, namespace: default }
status: { conditions: [{ type: Accepted, status: "False", reason: Invalid, message: x }] }
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyGateway
extensionApis: { enableBackend: true }
`;

test("what is wrong with resources of others is no finding", () => {
  expect(problemsOf(`${ours}${others}`)).toEqual([]);
  // In a cluster the Service of signalbox and the model servers would be there too.
  const whole = problemsOf(`${ours}${others}`, true).map((one) => one.split(": ")[0]);
  expect(whole).toEqual(["ext-proc-backend-missing EnvoyExtensionPolicy default/signalbox"]);
});

test.each([
  ["for another path", "rules: [{ matches: [{ path: { type: PathPrefix, value: /shop } }] }]"],
  ["for another host", "hostnames: [shop.example], rules: [{ backendRefs: [] }]"],
])("a route %s on signalbox's own Gateway is another's", (_what, spec) => {
  const status = `{ parents: [{ parentRef: { name: signalbox }, ${refused} }] }`;
  const found = problemsOf(`${ours}${route("shop", "signalbox", spec, status)}`);
  expect(found.filter((one) => one.startsWith("not-accepted"))).toEqual([]);
});

test("signalbox's own routes, and a catch-all in a route of its own, are looked at", () => {
  const status = `{ parents: [{ parentRef: { name: signalbox }, ${refused} }] }`;
  const match = "matches: [{ headers: [{ name: x-selected-model, value: m }] }]";
  const models = route("more", "signalbox", `rules: [{ ${match}, ${rule} }]`, status);
  expect(problemsOf(`${ours}${models}`)).toEqual(["not-accepted HTTPRoute default/more: status"]);
  const last = route("last", "signalbox", `rules: [{ ${rule} }]`, status);
  expect(problemsOf(`${ours}${last}`)).toEqual(["not-accepted HTTPRoute default/last: status"]);
});

test("of a route on two Gateways the one on signalbox's way counts", () => {
  const both = (of: string, other: string) => `
    { parents: [{ parentRef: { name: ${of} }, ${refused} }, { parentRef: { name: ${other} }, conditions: [] }] }`;
  const match = "matches: [{ headers: [{ name: x-selected-model, value: m }] }]";
  const two = (status: string) =>
    route("two", "signalbox", `rules: [{ ${match}, ${rule} }]`, status).replace(
      "[{ name: signalbox }]",
      "[{ name: signalbox }, { name: istio }]",
    );
  const found = (status: string) =>
    problemsOf(`${ours}${two(status)}`).filter((one) => one.startsWith("not-accepted"));
  expect(found(both("signalbox", "elsewhere"))).toHaveLength(1);
  expect(found(both("elsewhere", "signalbox"))).toEqual([]);
});

test("backends that signalbox's routes name are looked at, through an AIServiceBackend too", () => {
  const text = overlayText("ai-gateway").replace(
    /^kind: Backend\n/m,
    `kind: Backend\nstatus: { conditions: [{ type: Accepted, status: "False", reason: Invalid, message: x }] }\n`,
  );
  expect(text).toContain("kind: AIServiceBackend");
  expect(problemsOf(text)).toEqual([expect.stringMatching(/^not-accepted Backend default\//)]);
});

test.each([
  ["/v1", true],
  ["/v1/", true],
  ["/", true],
  ["/v1/chat/completions", true],
  ["/v1/chat/completions/", true],
  ["/v1/chat/comp", false],
  ["/v1/chat/completions/more", false],
  ["/v", false],
])("the path prefix %s catches every chat: %s", (value, catches) => {
  const last = `matches: [{ path: { type: PathPrefix, value: "${value}" } }]`;
  const text = ours.replace(
    "# as the longest stream.\n    - backendRefs:",
    `- ${last}\n      backendRefs:`,
  );
  expect(text).not.toBe(ours);
  const found = problemsOf(text).map((one) => one.split(" ")[0]);
  expect(found).toEqual(catches ? [] : ["catch-all-missing"]);
});

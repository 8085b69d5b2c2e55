import type { Path } from "../config/problem.ts";
import { isMapping, type Tree, valueAt } from "../config/tree.ts";
import { clusterFacts, clusterNameOf, extProcFilter, isExtProc } from "./envoy-parts.ts";
import {
  type BodyMode,
  defaultBufferBytes,
  type ExtProcFilter,
  type FilterField,
  type GatewayPath,
} from "./gateway-path.ts";
import {
  durationMs,
  isTrueAt,
  listAt,
  numberAt,
  quantityBytes,
  type Resource,
  textAt,
} from "./resource.ts";
import { rulesOf } from "./rules-of-resources.ts";

const gatewayApi = "gateway.networking.k8s.io";

/** A reference of a policy or route, completed by where it stands. */
export interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: Path;
}

/** What a policy is for: `targetRefs`, or `targetRef` alone. */
export function targetsOf({ tree, namespace }: Resource): readonly Target[] {
  const one = valueAt(tree, ["spec", "targetRef"]);
  const refs = listAt(tree, "spec", "targetRefs").map((ref, i) => ({
    ref,
    path: ["spec", "targetRefs", i],
  }));
  return [...(isMapping(one) ? [{ ref: one, path: ["spec", "targetRef"] }] : []), ...refs].map(
    ({ ref, path }) => ({
      kind: textAt(ref, "kind") ?? "Gateway",
      namespace,
      name: textAt(ref, "name") ?? "",
      path,
    }),
  );
}

/** The Gateways of a route. */
export function parentsOf({ tree, namespace }: Resource): readonly Target[] {
  return listAt(tree, "spec", "parentRefs").map((ref, i) => ({
    kind: textAt(ref, "kind") ?? "Gateway",
    namespace: textAt(ref, "namespace") ?? namespace,
    name: textAt(ref, "name") ?? "",
    path: ["spec", "parentRefs", i],
  }));
}

export const keyOf = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${namespace}/${name}`;

export const isRoute = ({ kind }: Resource): boolean =>
  kind === "HTTPRoute" || kind === "AIGatewayRoute";

/** One for each Gateway that is there or that a route or policy names. */
export function pathsOfResources(resources: readonly Resource[]): readonly GatewayPath[] {
  const routes = resources.filter(isRoute);
  const gateways = new Map<string, Resource | undefined>();
  for (const one of resources) {
    if (one.kind === "Gateway" && one.group === gatewayApi) gateways.set(keyOf(one), one);
  }
  for (const target of routes.flatMap(parentsOf).filter(({ kind }) => kind === "Gateway")) {
    if (!gateways.has(keyOf(target))) gateways.set(keyOf(target), undefined);
  }
  return [...gateways].map(([key, gateway]) => pathOf(key, gateway, resources));
}

function pathOf(
  key: string,
  gateway: Resource | undefined,
  resources: readonly Resource[],
): GatewayPath {
  const [namespace = "", name = ""] = key.split("/");
  const routes = resources.filter(
    (one) => isRoute(one) && parentsOf(one).some((parent) => keyOf(parent) === key),
  );
  const routeKeys = new Set(routes.map(keyOf));
  const concerns = (one: Resource): boolean =>
    targetsOf(one).some((target) =>
      target.kind === "Gateway" ? keyOf(target) === key : routeKeys.has(keyOf(target)),
    );
  const policies = resources.filter(concerns);
  const isAi = routes.some(({ kind }) => kind === "AIGatewayRoute");
  const filters = [
    ...policies.filter(({ kind }) => kind === "EnvoyPatchPolicy").flatMap(filtersOfPatch),
    ...policies
      .filter(({ kind }) => kind === "EnvoyExtensionPolicy")
      .flatMap((one) => filtersOfExtension(one, isAi)),
  ];
  const rules = routes.flatMap(rulesOf);
  const where = gateway?.at([]) ?? `Gateway ${namespace}/${name}, which is not among the resources`;
  const costs = routes.find(({ tree }) => listAt(tree, "spec", "llmRequestCosts").length > 0);
  return {
    name: `Gateway ${key}`,
    where,
    filters: oursAmong(filters),
    isSure:
      filters.some(({ names }) => names.some(isOurs)) ||
      rules.some(({ models, patterns }) => models.length + patterns.length > 0),
    buffer: bufferOf(policies, where),
    rules,
    costsAt: costs?.at(["spec", "llmRequestCosts"]),
  };
}

interface NamedFilter {
  readonly filter: ExtProcFilter;
  /** What it is called, and what it calls. */
  readonly names: readonly string[];
}

const isOurs = (name: string): boolean => /signalbox|semantic-?router|selector|:50051$/i.test(name);

/** Whether a policy is called, or calls what is called, as signalbox is. */
export const namesSignalbox = (policy: Resource): boolean =>
  [
    policy.name,
    ...[...filtersOfPatch(policy), ...filtersOfExtension(policy, false)].flatMap(
      ({ names }) => names,
    ),
  ].some(isOurs);

/** Other processors may stand beside: with several, those that are called, or listen, as signalbox does. */
export function oursAmong(filters: readonly NamedFilter[]): readonly ExtProcFilter[] {
  const ours = filters.filter(({ names }) => names.some(isOurs));
  return (ours.length > 0 ? ours : filters).map(({ filter }) => filter);
}

function bufferOf(policies: readonly Resource[], where: string): GatewayPath["buffer"] {
  const path = ["spec", "connection", "bufferLimit"];
  const traffic = policies.filter(({ kind }) => kind === "ClientTrafficPolicy");
  const set = traffic.find(({ tree }) => valueAt(tree, path) !== undefined);
  const bytes = set && quantityBytes(valueAt(set.tree, path));
  if (set && bytes !== undefined) return { bytes, where: set.at(path) };
  const own = traffic[0]?.at(path) ?? `${where}: no ClientTrafficPolicy is for it`;
  return { bytes: defaultBufferBytes, where: own };
}

const bodyModes: ReadonlyMap<unknown, BodyMode> = new Map([
  ["Streamed", "STREAMED"],
  ["Buffered", "BUFFERED"],
  ["BufferedPartial", "BUFFERED_PARTIAL"],
  ["FullDuplexStreamed", "FULL_DUPLEX_STREAMED"],
] as const);

const extensionFields: Readonly<Record<FilterField, Path>> = {
  filter: [],
  timeout: ["messageTimeout"],
  failOpen: ["failOpen"],
  requestHeaders: ["processingMode", "request"],
  requestBody: ["processingMode", "request", "body"],
  responseHeaders: ["processingMode", "response"],
  responseBody: ["processingMode", "response", "body"],
  observeOnly: ["shadowMode"],
  routeCache: [],
  maxRequestsPerConnection: ["backendSettings", "circuitBreaker", "maxRequestsPerConnection"],
  maxParallelRequests: ["backendSettings", "circuitBreaker", "maxParallelRequests"],
};

function filtersOfExtension(policy: Resource, isAi: boolean): readonly NamedFilter[] {
  const all = listAt(policy.tree, "spec", "extProc");
  const alone = all.length === 1;
  return all.map((own, i) => {
    const mode = (...path: string[]): Tree => valueAt(own, ["processingMode", ...path]);
    const bodyMode = (side: string): BodyMode => bodyModes.get(mode(side, "body")) ?? "NONE";
    const filter: ExtProcFilter = {
      at: (field) => policy.at(["spec", "extProc", i, ...extensionFields[field]]),
      messageTimeoutMs: durationMs(textAt(own, "messageTimeout")),
      failOpen: isTrueAt(own, "failOpen"),
      requestHeaders: isMapping(mode("request")),
      requestBody: bodyMode("request"),
      responseHeaders: isMapping(mode("response")),
      responseBody: bodyMode("response"),
      allowModeOverride: mode("allowModeOverride") === true,
      observeOnly: isTrueAt(own, "shadowMode"),
      keepsRouteCache: false,
      onRoutesOnly: true,
      afterAiGateway: isAi,
      cluster: {
        // Envoy Gateway speaks HTTP/2 to every processor.
        http2: true,
        maxRequestsPerConnection: numberAt(own, ...extensionFields.maxRequestsPerConnection),
        maxParallelRequests: numberAt(own, ...extensionFields.maxParallelRequests),
        closesGracefully: false,
      },
    };
    const backends = listAt(own, "backendRefs").flatMap((ref) => [
      textAt(ref, "name") ?? "",
      `:${numberAt(ref, "port") ?? ""}`,
    ]);
    return { filter, names: [...(alone ? [policy.name] : []), ...backends] };
  });
}

function filtersOfPatch(policy: Resource): readonly NamedFilter[] {
  const patches = listAt(policy.tree, "spec", "jsonPatches");
  return patches.flatMap((patch, i) => {
    const value = valueAt(patch, ["operation", "value"]);
    const typed = valueAt(value, ["typed_config"]);
    if (!isExtProc(typed)) return [];
    const name = clusterNameOf(typed);
    const clusterIndex = patches.findIndex(
      (one) =>
        textAt(one, "type")?.endsWith(".Cluster") &&
        textAt(one, "operation", "value", "name") === name,
    );
    const cluster = valueAt(patches, [clusterIndex, "operation", "value"]);
    const under =
      (index: number, ...path: Path) =>
      (field: string): string =>
        policy.at([
          "spec",
          "jsonPatches",
          index,
          "operation",
          "value",
          ...path,
          ...field.split(".").filter(Boolean),
        ]);
    const filter = extProcFilter(typed, {
      at: under(i, "typed_config"),
      // It stands where the patch puts it; at 0 before every other.
      afterAiGateway: !/\/http_filters\/0$/.test(textAt(patch, "operation", "path") ?? ""),
      onRoutesOnly: false,
      cluster: cluster === undefined ? undefined : clusterFacts(cluster),
      clusterAt: under(clusterIndex),
    });
    return [{ filter, names: [policy.name, textAt(value, "name") ?? "", name] }];
  });
}

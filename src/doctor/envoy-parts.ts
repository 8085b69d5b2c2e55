import { isMapping, type Tree, valueAt } from "../config/tree.ts";
import type { BodyMode, ClusterFacts, ExtProcFilter, FilterField } from "./gateway-path.ts";
import { durationMs, isTrueAt, listAt, numberAt, textAt } from "./resource.ts";

/** What Envoy's own configuration says, in a patch or in a dump. */

export const isExtProc = (typed: Tree): boolean =>
  textAt(typed, "@type")?.endsWith(".ext_proc.v3.ExternalProcessor") ?? false;

/** Of Envoy AI Gateway itself. */
export const isAiGateway = (name: string): boolean => /ai-?gateway/i.test(name);

export const clusterNameOf = (typed: Tree): string =>
  textAt(typed, "grpc_service", "envoy_grpc", "cluster_name") ?? "";

interface Around {
  readonly at: (field: string) => string;
  readonly afterAiGateway: boolean;
  readonly onRoutesOnly: boolean;
  readonly cluster: ClusterFacts | undefined;
  readonly clusterAt: (field: string) => string;
}

const fields: Readonly<Record<FilterField, string>> = {
  filter: "",
  timeout: "message_timeout",
  failOpen: "failure_mode_allow",
  requestHeaders: "processing_mode.request_header_mode",
  requestBody: "processing_mode.request_body_mode",
  responseHeaders: "processing_mode.response_header_mode",
  responseBody: "processing_mode.response_body_mode",
  observeOnly: "observability_mode",
  routeCache: "route_cache_action",
  maxRequestsPerConnection: "max_requests_per_connection",
  maxParallelRequests: "circuit_breakers",
};

export function extProcFilter(typed: Tree, around: Around): ExtProcFilter {
  const mode = (name: string): string | undefined => textAt(typed, "processing_mode", name);
  const bodyMode = (name: string): BodyMode => (mode(name) ?? "NONE") as BodyMode;
  return {
    at: (field) =>
      field.startsWith("max") ? around.clusterAt(fields[field]) : around.at(fields[field]),
    messageTimeoutMs: durationMs(textAt(typed, "message_timeout")),
    failOpen: isTrueAt(typed, "failure_mode_allow"),
    requestHeaders: mode("request_header_mode") !== "SKIP",
    requestBody: bodyMode("request_body_mode"),
    responseHeaders: mode("response_header_mode") !== "SKIP",
    responseBody: bodyMode("response_body_mode"),
    allowModeOverride: isTrueAt(typed, "allow_mode_override"),
    observeOnly: isTrueAt(typed, "observability_mode"),
    keepsRouteCache:
      isTrueAt(typed, "disable_clear_route_cache") ||
      textAt(typed, "route_cache_action") === "RETAIN",
    onRoutesOnly: around.onRoutesOnly,
    afterAiGateway: around.afterAiGateway,
    cluster: around.cluster,
  };
}

const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

export function clusterFacts(cluster: Tree, closesGracefully = false): ClusterFacts {
  const options = ["typed_extension_protocol_options", httpOptions];
  const has = (...path: string[]): boolean => isMapping(valueAt(cluster, path));
  const [normal] = listAt(cluster, "circuit_breakers", "thresholds").filter(
    (one) => (textAt(one, "priority") ?? "DEFAULT") === "DEFAULT",
  );
  return {
    http2:
      has("http2_protocol_options") ||
      has(...options, "explicit_http_config", "http2_protocol_options") ||
      has(...options, "auto_config"),
    maxRequestsPerConnection:
      numberAt(
        cluster,
        ...options,
        "common_http_protocol_options",
        "max_requests_per_connection",
      ) ??
      numberAt(cluster, "common_http_protocol_options", "max_requests_per_connection") ??
      numberAt(cluster, "max_requests_per_connection"),
    maxParallelRequests: numberAt(normal, "max_requests"),
    closesGracefully,
  };
}

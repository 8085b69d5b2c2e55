import { configuredModels } from "../config/configured-models.ts";
import { candidateName, type RouterConfig } from "../config/schema.ts";
import { type Finding, finding } from "./findings.ts";
import { defaultBufferBytes, type ExtProcFilter, type GatewayPath } from "./gateway-path.ts";

/** What is known beside the gateway. */
export interface Known {
  /** signalbox's own configuration. */
  readonly config?: RouterConfig | undefined;
  /** Major version of the Node that signalbox runs on. */
  readonly nodeMajor?: number | undefined;
}

const defaultDeadlineMs = 150;
const defaultTimeoutMs = 200;
/** Between signalbox's deadline and Envoy's: a garbage collection, a page fault, a busy core. */
const marginMs = 100;
/** Bodies that must pass when no configuration tells what signalbox takes. */
const usualBodyBytes = 1024 * 1024;

export function checkPath(path: GatewayPath, known: Known): Finding[] {
  const { filters } = path;
  if (filters.length === 0) {
    return [
      finding("no-ext-proc", path.where, `${path.name} has no ext_proc filter for signalbox`),
    ];
  }
  const twice = filters
    .slice(1)
    .map((one) => finding("asked-twice", one.at("filter"), `${filters.length} filters`));
  return [
    ...twice,
    ...filters.flatMap((one) => checkFilter(one, known)),
    ...checkBuffer(path, known),
    ...checkRules(path, known),
  ];
}

function checkFilter(filter: ExtProcFilter, known: Known): Finding[] {
  return [
    ...checkTraffic(filter),
    ...checkTimeout(filter, known),
    ...checkFailure(filter),
    ...checkCluster(filter, known),
    ...(filter.keepsRouteCache
      ? [finding("route-cache-kept", filter.at("routeCache"), "the filter keeps the route cache")]
      : []),
  ];
}

/** A body that comes in one of these modes can be routed by, whatever else is allowed. */
const routable = ["BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED"];

function checkTraffic(filter: ExtProcFilter): Finding[] {
  const { at, requestBody, responseBody, allowModeOverride } = filter;
  const found: Finding[] = [];
  if (filter.observeOnly) found.push(finding("observe-only", at("observeOnly"), "true"));
  if (!filter.requestHeaders) {
    found.push(finding("request-not-sent", at("requestHeaders"), "request headers are skipped"));
  } else if (!routable.includes(requestBody) && !allowModeOverride) {
    found.push(finding("body-not-sent", at("requestBody"), `request body mode ${requestBody}`));
  }
  if (requestBody === "BUFFERED_PARTIAL") {
    found.push(finding("body-partial", at("requestBody"), requestBody));
  }
  if (requestBody === "FULL_DUPLEX_STREAMED" && filter.failOpen) {
    found.push(
      finding("full-duplex-fail-open", at("failOpen"), "failOpen with FullDuplexStreamed"),
    );
  }
  if (!filter.responseHeaders) {
    found.push(finding("response-headers-skipped", at("responseHeaders"), "SKIP"));
  }
  if (responseBody !== "NONE") {
    found.push(
      finding("response-body-sent", at("responseBody"), `response body mode ${responseBody}`),
    );
  }
  return found;
}

function checkTimeout({ at, messageTimeoutMs }: ExtProcFilter, { config }: Known): Finding[] {
  const deadlineMs = config?.limits.deadline_ms ?? defaultDeadlineMs;
  const timeoutMs = messageTimeoutMs ?? defaultTimeoutMs;
  const given = messageTimeoutMs === undefined ? "not set, so 200 ms" : `${messageTimeoutMs} ms`;
  const found = `message timeout ${given}; signalbox's deadline is ${deadlineMs} ms`;
  if (timeoutMs <= deadlineMs) return [finding("message-timeout-short", at("timeout"), found)];
  if (timeoutMs < deadlineMs + marginMs) return [finding("message-timeout", at("timeout"), found)];
  return [];
}

function checkFailure({ at, failOpen, requestBody }: ExtProcFilter): Finding[] {
  if (failOpen) return [finding("fail-open", at("failOpen"), "failOpen: true")];
  // It cannot fail open, which is then no choice to warn of.
  const severity = requestBody === "FULL_DUPLEX_STREAMED" ? "info" : undefined;
  return [finding("fail-closed", at("failOpen"), "failOpen: false", severity)];
}

const firstNodeWithLimits = 24;

function checkCluster({ at, cluster }: ExtProcFilter, { nodeMajor }: Known): Finding[] {
  if (!cluster) return [];
  const found: Finding[] = [];
  if (!cluster.http2) found.push(finding("ext-proc-http1", at("filter"), "no HTTP/2"));
  const resets = cluster.maxRequestsPerConnection === undefined && !cluster.closesGracefully;
  if (resets && (nodeMajor === undefined || nodeMajor < firstNodeWithLimits)) {
    const node = nodeMajor === undefined ? "Node's version is not known" : `on Node ${nodeMajor}`;
    const severity = nodeMajor === undefined ? undefined : "error";
    found.push(
      finding("reset-limit", at("maxRequestsPerConnection"), `not set; ${node}`, severity),
    );
  }
  if ((cluster.maxParallelRequests ?? 1024) <= 1024) {
    const set = cluster.maxParallelRequests ?? "not set, so 1024";
    found.push(finding("parallel-requests", at("maxParallelRequests"), `${set}`));
  }
  return found;
}

function checkBuffer({ buffer, filters }: GatewayPath, { config }: Known): Finding[] {
  // In full duplex Envoy holds nothing.
  if (filters.every(({ requestBody }) => requestBody === "FULL_DUPLEX_STREAMED")) return [];
  const { bytes, where } = buffer;
  const wanted = config?.limits.max_body_bytes ?? usualBodyBytes;
  const found = `the buffer limit is ${bytes} bytes`;
  if (bytes <= defaultBufferBytes) return [finding("buffer-limit", where, found)];
  if (bytes >= wanted) return [];
  return [finding("buffer-limit-small", where, `${found}; signalbox takes ${wanted}`)];
}

function checkRules(path: GatewayPath, { config }: Known): Finding[] {
  const { rules, filters, where, costsAt } = path;
  const found: Finding[] = [];
  const caught = rules.some(({ catchAll }) => catchAll);
  if (!caught && filters.every(({ onRoutesOnly }) => onRoutesOnly)) {
    const count = `${rules.length} rules, none of which matches every chat completion`;
    found.push(finding("catch-all-missing", rules[0]?.at("rule") ?? where, count));
  }
  const behind = filters.some(({ afterAiGateway }) => afterAiGateway);
  if (behind) {
    const told = filters.find(({ afterAiGateway }) => afterAiGateway) as ExtProcFilter;
    found.push(finding("ai-gateway-first", told.at("filter"), "the second of two filters"));
    for (const { models, overrides, at } of rules) {
      if (models.length === 0 || !overrides?.includes(undefined)) continue;
      found.push(
        finding(
          "body-rewrite-lost",
          at("backend"),
          `no modelNameOverride for ${models.join(", ")}${costsAt ? "; llmRequestCosts is set" : ""}`,
          costsAt ? "error" : undefined,
        ),
      );
    }
  }
  for (const { ai, timeoutGiven, at } of rules) {
    if (!ai && !timeoutGiven)
      found.push(finding("route-timeout", at("timeout"), "not set, so 15 s"));
  }
  return [...found, ...(config ? checkModels(path, config, caught) : [])];
}

function checkModels(
  { rules, where }: GatewayPath,
  config: RouterConfig,
  caught: boolean,
): Finding[] {
  const isRouted = (model: string): boolean =>
    rules.some(
      ({ models, patterns }) =>
        models.includes(model) || patterns.some((pattern) => matches(pattern, model)),
    );
  const chosen = new Set(config.decisions.flatMap(({ modelRefs }) => modelRefs.map(candidateName)));
  // Whatever no rule claims is the default model's, where there is such a rule.
  if (!caught) chosen.add(config.default_model);
  const named = new Set(configuredModels(config));
  const kept = config.clear_route_cache
    ? []
    : [finding("route-cache-kept", "signalbox's configuration: clear_route_cache", "false")];
  return [
    ...kept,
    ...[...chosen]
      .filter((model) => !isRouted(model) && !(caught && model === config.default_model))
      .map((model) => finding("model-without-route", where, `no rule matches ${model}`)),
    ...rules.flatMap(({ models, at }) =>
      models
        .filter((model) => !named.has(model))
        .map((model) => finding("route-without-model", at("match"), `a rule matches ${model}`)),
    ),
  ];
}

/** As Envoy's RE2; what is only RE2 is taken to match. */
function matches(pattern: string, model: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(model);
  } catch {
    return true;
  }
}

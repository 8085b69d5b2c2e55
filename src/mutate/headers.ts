import type { HeaderMutation, HeaderValueOption } from "../protocol/messages.ts";
import type { Route } from "../route.ts";

/** The model to send the request to. Set by us on the request, read by the gateway's routes. */
export const selectedModelHeader = "x-selected-model";

/** Prefix of every header that only signalbox may set; client copies are removed. */
export const ownPrefix = "x-vsr-";

/**
 * One header, replacing every copy. The value goes into `raw_value`: Envoy takes a header that is set through `value`
 * alone as empty. Append is Envoy's default and would keep what a client sent.
 */
export const setHeader = (key: string, value: string): HeaderValueOption => ({
  header: { key, raw_value: value },
  append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
});

export const setHeaders = (values: Readonly<Record<string, string>>): HeaderValueOption[] =>
  Object.entries(values).map(([key, value]) => setHeader(key, value));

/** Client copies of headers that are ours alone to set. */
export function forgedHeaders(headers: ReadonlyMap<string, string>): string[] {
  return [...headers.keys()].filter(
    (name) => name === selectedModelHeader || name.startsWith(ownPrefix),
  );
}

/** Headers of the request that carry a routed model to the gateway and the backend. */
export const requestHeaders = (model: string): Readonly<Record<string, string>> => ({
  [selectedModelHeader]: model,
  "x-vsr-selected-model": model,
});

/** What the client learns about a routed request, on responses of status 2xx. */
export function responseHeaders(route: Route, debug: boolean): Readonly<Record<string, string>> {
  return {
    "x-vsr-selected-model": route.model,
    ...(route.decision !== undefined && { "x-vsr-selected-decision": route.decision }),
    ...(route.domain !== undefined && { "x-vsr-selected-category": route.domain }),
    "x-vsr-selected-confidence": route.confidence.toFixed(4),
    "x-vsr-selected-algorithm": route.algorithm,
    "x-vsr-selected-reasoning": route.reasoning ? "on" : "off",
    // A default model that stands in for a failed choice must not look like a choice.
    ...((debug || route.algorithm === "default") && { "x-vsr-selected-reason": route.reason }),
    ...(debug && debugHeaders(route)),
  };
}

function debugHeaders(route: Route): Readonly<Record<string, string>> {
  const stages = Object.entries(route.timingsMs).map(
    ([stage, ms]) => `${stage};dur=${ms.toFixed(3)}`,
  );
  const domains = route.domains.slice(0, 3);
  const scores = route.scores.slice(0, 16);
  return {
    "x-vsr-schema-version": "2",
    "x-vsr-response-path": "upstream",
    "x-vsr-injected-system-prompt": "false",
    "x-vsr-matched-domains": route.matchedRules
      .map((rule) => rule.replace(/^domain:/, ""))
      .join(","),
    "x-vsr-domains": domains
      .map(({ name, confidence }) => `${name}=${confidence.toFixed(4)}`)
      .join(","),
    "x-vsr-scores": scores.map(({ model, score }) => `${model}=${score.toFixed(4)}`).join(","),
    "x-vsr-timings": stages.join(", "),
  };
}

export const mutation = (
  values: Readonly<Record<string, string>>,
  removed: readonly string[] = [],
): HeaderMutation => ({
  set_headers: setHeaders(values),
  ...(removed.length > 0 && { remove_headers: removed }),
});

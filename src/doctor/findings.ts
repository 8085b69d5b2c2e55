/** error: requests fail or are not routed. warning: some will be. info: how it is, which may be what was meant. */
export type Severity = "error" | "warning" | "info";

interface Kind {
  readonly severity: Severity;
  /** What it causes. */
  readonly causes: string;
  /** What the reader can do about it, as an imperative sentence. */
  readonly remedy: string;
}

/** Everything that `signalbox doctor` can find, by id. docs/doctor.md lists each; findings.test.ts keeps the two alike. */
export const findingKinds = {
  // Whether signalbox is asked
  "no-ext-proc": {
    severity: "error",
    causes: "Nothing asks signalbox: no request is routed by it",
    remedy: "Apply gateway-resources/components/extension-policy, or patch-policy",
  },
  "catch-all-missing": {
    severity: "error",
    causes:
      "The filter of an EnvoyExtensionPolicy runs on routes: a request that matches none yet is answered 404 and signalbox never sees it",
    remedy: "Add a last rule without matches to the route, for the default model's backend",
  },
  "asked-twice": {
    severity: "warning",
    causes:
      "Two filters ask signalbox about each request: twice the work, and the second overrules",
    remedy: "Keep either the EnvoyExtensionPolicy or the EnvoyPatchPolicy",
  },
  "observe-only": {
    severity: "error",
    causes: "Envoy sends messages and ignores the answers: no request is routed",
    remedy: "Set shadowMode: false (observability_mode in Envoy)",
  },
  "ext-proc-http1": {
    severity: "error",
    causes: "Envoy speaks HTTP/1 to signalbox, which is a gRPC server: every request to it fails",
    remedy: "Give the cluster explicit_http_config: { http2_protocol_options: {} }",
  },
  "ext-proc-backend-missing": {
    severity: "error",
    causes: "The filter names a backend that does not exist: every request to signalbox fails",
    remedy: "Correct backendRefs, or apply the Backend or Service",
  },
  "ext-proc-unreachable": {
    severity: "error",
    causes: "Envoy knows no healthy address of signalbox",
    remedy:
      "See whether signalbox runs and is ready, and whether the name and port are its gRPC port's",
  },
  // What it is sent
  "request-not-sent": {
    severity: "error",
    causes: "signalbox gets no request headers, so that it can ask for nothing more",
    remedy: "Set processingMode.request: { body: Buffered }",
  },
  "body-not-sent": {
    severity: "error",
    causes: "signalbox gets no body, or gets it too late to route by, and may not ask for it",
    remedy:
      "Set processingMode.request.body: Buffered (or FullDuplexStreamed), or allowModeOverride: true",
  },
  "body-partial": {
    severity: "warning",
    causes: "Of long bodies only the beginning is sent; they go to the default model",
    remedy: "Set processingMode.request.body: Buffered or FullDuplexStreamed",
  },
  "full-duplex-fail-open": {
    severity: "error",
    causes:
      "A filter in FullDuplexStreamed cannot fail open: the policy is refused, or fails closed",
    remedy: "Set failOpen: false, or body: Buffered",
  },
  "response-headers-skipped": {
    severity: "warning",
    causes:
      "Answers carry no x-vsr-selected-* headers, and signalbox knows neither their status nor their time",
    remedy: "Set processingMode.response: {} (response_header_mode: SEND in Envoy)",
  },
  "response-body-sent": {
    severity: "warning",
    causes:
      "Every answer passes through signalbox, which does not read it; a streamed one may be held back",
    remedy: "Remove processingMode.response.body",
  },
  // Limits
  "buffer-limit": {
    severity: "error",
    causes:
      "Envoy answers 413 to bodies above 32 KiB, Envoy Gateway's default: a chat with some context",
    remedy: "Set connection.bufferLimit of a ClientTrafficPolicy for the Gateway, such as 50Mi",
  },
  "buffer-limit-small": {
    severity: "warning",
    causes: "Envoy answers 413 to bodies that signalbox would route",
    remedy: "Raise the buffer limit above limits.max_body_bytes of signalbox's configuration",
  },
  "message-timeout-short": {
    severity: "error",
    causes:
      "Envoy gives up before signalbox falls back to the default model: the request fails, or passes unrouted",
    remedy: "Set messageTimeout: 1s, or lower limits.deadline_ms",
  },
  "message-timeout": {
    severity: "warning",
    causes: "A pause of the machine beyond the deadline fails requests: Envoy's default is 200 ms",
    remedy: "Set messageTimeout: 1s",
  },
  "reset-limit": {
    severity: "warning",
    causes:
      "Envoy ends each stream with a reset; with signalbox on Node before 24 about one request in a thousand fails with its connection",
    remedy:
      "Run signalbox on Node 24, or set backendSettings.circuitBreaker.maxRequestsPerConnection: 500",
  },
  "parallel-requests": {
    severity: "warning",
    causes: "Envoy asks signalbox about 1024 requests at once; more fail, or pass unrouted",
    remedy: "Set backendSettings.circuitBreaker.maxParallelRequests and maxPendingRequests: 10000",
  },
  "route-timeout": {
    severity: "warning",
    causes: "Envoy ends answers that take longer than 15 s, streamed ones too",
    remedy: "Set timeouts.request of the rule to the longest answer, such as 600s",
  },
  // When signalbox fails
  "fail-closed": {
    severity: "warning",
    causes: "While signalbox cannot be asked, every request is answered 500",
    remedy: "Set failOpen: true, unless unrouted requests are worse than none",
  },
  "fail-open": {
    severity: "info",
    causes:
      "While signalbox cannot be asked, requests pass as they came, to the last rule, with the model that the client named",
    remedy: "Let the last rule's backend know the model auto, or set modelNameOverride there",
  },
  // What becomes of the choice
  "route-cache-kept": {
    severity: "error",
    causes:
      "Envoy does not match the routes again: the header that signalbox sets chooses no backend",
    remedy:
      "Remove clear_route_cache: false from signalbox's configuration, or disable_clear_route_cache and route_cache_action from the filter",
  },
  "body-rewrite-lost": {
    severity: "warning",
    causes:
      "AI Gateway's filter stands before signalbox's and sends the client's body again on retries and on streamed answers whose tokens it counts: the backend is asked for the model auto",
    remedy: "Set modelNameOverride on the rule's backendRefs, or use the EnvoyPatchPolicy",
  },
  "ai-gateway-first": {
    severity: "info",
    causes:
      "AI Gateway's filter stands before signalbox's: x-ai-eg-model, and what is counted by it, is the model that the client named",
    remedy:
      "Set modelNameOverride on every rule's backendRefs; use the EnvoyPatchPolicy if AI Gateway must see the choice",
  },
  "model-without-route": {
    severity: "error",
    causes:
      "signalbox chooses this model and no rule matches it: the last rule's backend answers, or nobody",
    remedy:
      "Add a rule on x-selected-model with this value, or remove the model from the configuration",
  },
  "route-without-model": {
    severity: "warning",
    causes:
      "No configuration of signalbox names this model: the rule serves only clients that name it",
    remedy: "Correct the value, or add the model to the configuration",
  },
  // What the gateway says
  "patch-policy-disabled": {
    severity: "error",
    causes: "Envoy Gateway ignores every EnvoyPatchPolicy: nothing asks signalbox",
    remedy: "Set extensionApis.enableEnvoyPatchPolicy: true in Envoy Gateway's configuration",
  },
  "backend-api-disabled": {
    severity: "error",
    causes: "Envoy Gateway refuses every Backend",
    remedy: "Set extensionApis.enableBackend: true in Envoy Gateway's configuration",
  },
  "not-accepted": {
    severity: "error",
    causes: "The gateway does not use this resource, or not all of it",
    remedy: "Do what its message says",
  },
  "target-missing": {
    severity: "error",
    causes: "The policy or route is for something that does not exist: it has no effect",
    remedy: "Correct the name, kind and namespace of its target",
  },
  // What has happened already
  "message-timeouts-seen": {
    severity: "warning",
    causes: "Envoy has given up waiting for signalbox",
    remedy: "Raise the message timeout above limits.deadline_ms, or give signalbox more CPU",
  },
  "streams-failed-seen": {
    severity: "warning",
    causes: "Streams to signalbox have failed: it was down, or its connection was closed",
    remedy: "Compare with its restarts; see reset-limit and ext-proc-unreachable",
  },
  "unrouted-seen": {
    severity: "warning",
    causes: "Requests have passed without signalbox, which failed or was too slow",
    remedy: "See message-timeouts-seen and streams-failed-seen for which",
  },
  "bodies-refused-seen": {
    severity: "warning",
    causes: "Envoy has answered 413 to bodies above its buffer limit",
    remedy: "Raise the buffer limit above what clients send; see buffer-limit",
  },
  "mutations-rejected-seen": {
    severity: "error",
    causes: "Envoy has refused headers that signalbox set: these requests were not routed by them",
    remedy: "Remove mutation_rules from the filter, or allow x-selected-model and x-vsr-selected-*",
  },
  "overflow-seen": {
    severity: "warning",
    causes: "Envoy has refused to ask signalbox because too many requests were under way",
    remedy: "Raise maxParallelRequests and maxPendingRequests, or add replicas",
  },
} as const satisfies Record<string, Kind>;

export type FindingId = keyof typeof findingKinds;

export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** File, line, resource and field; or the place in Envoy's configuration. */
  readonly where: string;
  /** What is there. */
  readonly found: string;
  readonly causes: string;
  readonly remedy: string;
}

export const finding = (
  id: FindingId,
  where: string,
  found: string,
  severity: Severity = findingKinds[id].severity,
): Finding => {
  const { causes, remedy } = findingKinds[id];
  return { id, severity, where, found, causes, remedy };
};

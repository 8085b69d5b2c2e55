/** The way of a request through one gateway, as resources or Envoy's own configuration describe it. */
export interface GatewayPath {
  /** Of the Gateway or listener. */
  readonly name: string;
  readonly where: string;
  /** Those that ask signalbox. */
  readonly filters: readonly ExtProcFilter[];
  /** Requests of signalbox come this way for certain; otherwise its one processor may be another's. */
  readonly isSure?: boolean;
  readonly buffer: { readonly bytes: number; readonly where: string };
  readonly rules: readonly RouteRule[];
  /** AI Gateway counts the tokens of answers here. */
  readonly costsAt?: string | undefined;
}

export type BodyMode =
  | "NONE"
  | "STREAMED"
  | "BUFFERED"
  | "BUFFERED_PARTIAL"
  | "FULL_DUPLEX_STREAMED"
  | "GRPC";

export type FilterField =
  | "filter"
  | "timeout"
  | "failOpen"
  | "requestHeaders"
  | "requestBody"
  | "responseHeaders"
  | "responseBody"
  | "observeOnly"
  | "routeCache"
  | "maxRequestsPerConnection"
  | "maxParallelRequests";

export interface ExtProcFilter {
  /** Where a field is written, or would be. */
  readonly at: (field: FilterField) => string;
  /** Undefined: Envoy's default. */
  readonly messageTimeoutMs: number | undefined;
  readonly failOpen: boolean;
  readonly requestHeaders: boolean;
  readonly requestBody: BodyMode;
  readonly responseHeaders: boolean;
  readonly responseBody: BodyMode;
  readonly allowModeOverride: boolean;
  readonly observeOnly: boolean;
  readonly keepsRouteCache: boolean;
  /** It runs only for requests that match a route. */
  readonly onRoutesOnly: boolean;
  readonly afterAiGateway: boolean;
  /** Undefined where its cluster is not known. */
  readonly cluster: ClusterFacts | undefined;
}

export interface ClusterFacts {
  readonly http2: boolean;
  readonly maxRequestsPerConnection: number | undefined;
  readonly maxParallelRequests: number | undefined;
  /** Envoy closes streams without a reset. */
  readonly closesGracefully: boolean;
}

export interface RouteRule {
  readonly at: (field: "rule" | "match" | "backend" | "timeout") => string;
  /** Values of x-selected-model that it matches exactly. */
  readonly models: readonly string[];
  /** Regular expressions, of the whole value, that it matches x-selected-model by. */
  readonly patterns: readonly string[];
  /** It matches every chat completion. */
  readonly catchAll: boolean;
  /** What the body's model becomes at each backend; undefined where resources do not say it. */
  readonly overrides: readonly (string | undefined)[] | undefined;
  /** Seconds; undefined where the default applies. */
  readonly timeoutGiven: boolean;
  /** Of AI Gateway, whose default is a minute. */
  readonly ai: boolean;
}

export const defaultBufferBytes = 32 * 1024;
/** The headers that signalbox sets on requests. */
export const selectedModelHeaders: readonly string[] = ["x-selected-model", "x-vsr-selected-model"];

/** Where chats are asked for. */
export const chatPath = "/v1/chat/completions";

/** Whether a prefix is one of the chat path by segments, as the Gateway API compares: a `/` at its end says nothing. */
export const leadsToChat = (prefix: string): boolean =>
  `${chatPath}/`.startsWith(`${prefix.replace(/\/+$/, "")}/`);

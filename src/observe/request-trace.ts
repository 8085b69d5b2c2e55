import type { RouterError } from "../errors.ts";
import type { Route } from "../route.ts";

/** A request that was routed, with times of performance.now(). */
export interface RoutedTimes {
  readonly bodyArrivedMs: number;
  /** Reading the body. */
  readonly parseMs: number;
  /** Writing the answer: headers, and the body with another model. */
  readonly mutateMs: number;
}

/** The spans of one request that is sampled, or the context of one that is not. */
export interface RequestTrace {
  /** To be set on the request, so that the spans of whoever gets it hang under ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers of the request that no longer hold. */
  readonly removed: readonly string[];
  /** `requestedModel` is auto, or what the configuration calls it. */
  routed(route: Route, requestedModel: string, times: RoutedTimes): void;
  /** The client named a model itself; `model` is fit for a label. */
  passedThrough(model: string): void;
  /** The request was refused, or went on with the default model after a fault of ours. */
  failed(error: RouterError, refused: boolean): void;
  responded(status: number): void;
  /** The stream is over: whatever is still open ends. */
  end(): void;
}

/** What a request's headers tell about the trace it belongs to. */
export interface RequestStart {
  readonly headers: ReadonlyMap<string, string>;
  /** Of the gRPC call that the request came with. */
  readonly callTraceparent?: string | undefined;
  /** As it is safe to show; empty when the request has none. */
  readonly requestId: string;
}

export interface Tracing {
  /** Nothing when an unsampled trace goes on as it came. */
  start(request: RequestStart): RequestTrace | undefined;
  stats(): SpanStats;
  /** Sends what waits, for `limitMs` at most. */
  close(limitMs: number): Promise<void>;
}

/** Counts of spans since the start. */
export interface SpanStats {
  readonly exported: number;
  /** Given to a collector that did not take them. */
  readonly failed: number;
  /** Never given to it: too many waited. */
  readonly dropped: number;
  readonly waiting: number;
}

import type { RouterError } from "../errors.ts";
import type { Route } from "../route.ts";
import type { RequestTrace } from "./request-trace.ts";

/** What the stages of a stream tell the observer. No text of a request but its id is ever among it. */
export interface StreamEvents {
  /** A request's headers are here, and its body is to come. Absent while nothing is traced. */
  arrived?(event: {
    readonly requestId: string;
    readonly headers: ReadonlyMap<string, string>;
    /** Of the gRPC call that the request came with. */
    readonly callTraceparent?: string | undefined;
  }): RequestTrace | undefined;
  /** A model was chosen for `auto`. */
  routed(event: {
    readonly requestId: string;
    readonly trace?: RequestTrace | undefined;
    readonly requestedModel: string;
    readonly route: Route;
    readonly stream: boolean;
    readonly query: { readonly chars: number; readonly hash: string };
    /** When the body had arrived, as performance.now(). */
    readonly bodyArrivedMs: number;
    /** From then to the answer. */
    readonly durationMs: number;
    /** Of them, reading the body. */
    readonly parseMs: number;
    /** Of them, writing the answer. */
    readonly mutateMs: number;
    /** Of the text of all messages. */
    readonly promptChars: number;
  }): void;
  /** The client named a model itself. */
  passedThrough(event: {
    readonly requestId: string;
    readonly trace?: RequestTrace | undefined;
    readonly model: string;
    /** Of the text of all messages, where they were read. */
    readonly promptChars?: number;
  }): void;
  /** The client was answered an error. */
  rejected(event: {
    readonly requestId: string;
    readonly trace?: RequestTrace | undefined;
    readonly error: RouterError;
  }): void;
  /** A fault of our own on the request path: the request went on with the default model. */
  failed(event: {
    readonly requestId: string;
    readonly trace?: RequestTrace | undefined;
    readonly error: RouterError;
  }): void;
  /** The backend's response headers came back; `latencyMs` since the request's body arrived. */
  responded(event: {
    readonly requestId: string;
    readonly trace?: RequestTrace | undefined;
    readonly model: string;
    readonly status: number;
    readonly latencyMs: number;
  }): void;
}
